//! Every workload compiles and puts out what its C peer does. Nothing is timed.

use oscine_bench::contest::{Side, agree};
use oscine_bench::peer::{Absent, Folder, Peer};
use oscine_bench::script::Ours;
use oscine_bench::{latency, workload};

#[test]
fn workloads_agree_with_their_peers_in_c() {
    let folder = Folder::new("agreement").unwrap();
    for workload in workload::ALL {
        let name = workload.name;
        let mut ours = Ours::new(&workload).unwrap();
        let mut peer = match Peer::c(&workload, &folder) {
            Ok(peer) => peer,
            Err(absent @ Absent::NotInstalled(_)) => {
                eprintln!("{name}: C is {absent}");
                ours.run(1).unwrap();
                continue;
            }
            Err(Absent::Broken(words)) => panic!("{name}: {words}"),
        };
        for blocks in [1, 3, 20] {
            let (mine, theirs) = (ours.run(blocks).unwrap(), peer.run(blocks).unwrap());
            agree(&mine.output, &theirs.output).unwrap_or_else(|words| panic!("{name}: {words}"));
        }
    }
}

#[test]
fn every_example_compiles() {
    let examples = latency::examples().unwrap();
    assert!(examples.len() > 4, "{examples:?}");
    for path in examples {
        oscine_bench::script::compile(&path).unwrap_or_else(|words| panic!("{}: {words}", path.display()));
    }
}
