//! Every workload compiles and puts out what its C peer does. Nothing is timed.

use std::path::Path;

use oscine_bench::children::Children;
use oscine_bench::contest::agree;
use oscine_bench::files::Folder;
use oscine_bench::kind::Kind;
use oscine_bench::peer::{Absent, Peer, Tools};
use oscine_bench::script::{self, Kernel};
use oscine_bench::workload::{self, FRAMES};

#[test]
fn workloads_agree_with_their_peers_in_c() {
    let folder = Folder::new("agreement").unwrap();
    let children = Children::default();
    let program: (&Path, &[&str]) = (Path::new(""), &[]);
    let tools = Tools { folder: &folder, python: Path::new("python3"), program, children: &children };
    for workload in workload::ALL {
        let name = workload.name;
        let mut ours = script::compiled(&format!("scripts/{name}.py"), false).unwrap();
        let inputs = workload.input_block();
        let mut output = vec![0.0; FRAMES];
        let mut peer = match Peer::start(Kind::C, &workload, &tools) {
            Ok(peer) => Some(peer),
            Err(absent @ Absent::NotInstalled(_)) => {
                eprintln!("{name}: C is {absent}");
                None
            }
            Err(absent) => panic!("{name}: {absent}"),
        };
        for blocks in [1, 3, 20] {
            (0..blocks).for_each(|_| ours.block(&inputs, &mut output).unwrap());
            if let Some(peer) = &mut peer {
                let theirs = peer.run(blocks).unwrap();
                agree(&output, &theirs.output, workload.tolerance).unwrap_or_else(|words| panic!("{name}: {words}"));
            }
        }
    }
}

#[test]
fn the_evaluator_agrees_with_the_machine_code() {
    for workload in workload::ALL.iter().filter(|workload| !workload.name.starts_with("ring")) {
        let inputs = workload.input_block();
        let (mut compiled, mut evaluated) = (vec![0.0; FRAMES], vec![0.0; FRAMES]);
        script::compiled(&format!("scripts/{}.py", workload.name), false)
            .unwrap()
            .block(&inputs, &mut compiled)
            .unwrap();
        let done = script::evaluated(workload, |kernel| kernel.block(&inputs, &mut evaluated));
        done.unwrap_or_else(|words| panic!("{}: {words}", workload.name));
        agree(&compiled, &evaluated, workload.tolerance).unwrap_or_else(|words| panic!("{}: {words}", workload.name));
    }
}
