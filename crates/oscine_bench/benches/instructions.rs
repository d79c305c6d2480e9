//! How many instructions the kernels take, counted by gungraun under Valgrind; `scripts/gate.py` compares them with those
//! that the repository has.
//!
//! Valgrind shows programs a processor of its own, which has AVX2 where the real one has, and no AVX-512. So the counts hang
//! on the architecture and on those vectors, not on the machine. Asked with `--describe`, the program says which vectors it
//! found and which kernels there are, in the order of their numbers.

mod kernels;

/// Turns that are counted: enough for a cost that comes once to be small beside them. Of compilations, which run on threads of
/// their own, the first turn is counted as well.
const TURNS: usize = 4;

mod counted {
    use gungraun::{Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};

    use crate::TURNS;
    use crate::kernels::{self, Listed, Turn};

    #[library_benchmark]
    #[benches::of(iter = kernels::ALL, setup = Listed::ready)]
    fn kernel(mut turn: Turn) -> Turn {
        for _ in 0..TURNS {
            turn();
        }
        turn
    }

    library_benchmark_group!(name = listed, benchmarks = kernel);

    main!(
        config = LibraryBenchmarkConfig::default()
            .tool(Callgrind::with_args(["--cache-sim=no", "--toggle-collect=*::kernels::compile_once*"])),
        library_benchmark_groups = listed
    );

    pub(crate) fn all() {
        main();
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--describe") {
        let vectors = format!("{:?}", fearless_simd::Level::new()).to_lowercase();
        println!("{} {}", std::env::consts::ARCH, vectors.split('(').next().unwrap_or_default());
        for listed in kernels::ALL {
            println!("{}", listed.name);
        }
    } else {
        counted::all();
    }
}
