//! How long the kernels take, by Criterion, while one works on them:
//!
//!     cargo bench -p oscine_bench --features speed --bench speed vcs3
//!
//! Times are for a turn, and for scripts and processors also as samples in a second.

mod kernels;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oscine_bench::workload::FRAMES;

fn speed(criterion: &mut Criterion) {
    for listed in kernels::ALL {
        let (family, name) = listed.name.split_once('/').unwrap_or(("", listed.name));
        let mut group = criterion.benchmark_group(family);
        if family != "compile" {
            group.throughput(Throughput::Elements(FRAMES as u64));
        }
        // A kernel is prepared when it is measured, and not when a filter leaves it out.
        group.bench_function(name, |bencher| bencher.iter(&mut listed.ready()));
    }
}

criterion_group!(all, speed);
criterion_main!(all);
