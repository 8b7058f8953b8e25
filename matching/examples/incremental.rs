//! Feeds a table to the index in batches, as the hub does: `incremental FILE [BATCH]`.

use matching::{Index, Model, read_table};
use rayon::prelude::*;
use std::sync::Arc;
use std::time::Instant;

/// The allocator that the hub runs with, so that figures compare.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().unwrap_or_default();
    let batch: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(8192);
    let features = read_table(file.as_ref(), |_| {})?.features;
    let bytes: usize = features.iter().map(matching::Features::size_bytes).sum();
    println!("{} records, {:.0} bytes of features a record", features.len(), bytes as f64 / features.len() as f64);
    let mut index = Index::new(Arc::new(Model::default()));
    let (mut dirty_total, mut edges, mut longest) = (0, 0, 0.0f64);
    let (mut updating, mut looking) = (0.0, 0.0);
    for (at, chunk) in features.chunks(batch).enumerate() {
        let first = (at * batch) as u32;
        let started = Instant::now();
        let dirty = index.update(&[], (first..).zip(chunk.iter().cloned()).collect());
        let updated = started.elapsed().as_secs_f64();
        edges += dirty.par_iter().map(|id| index.neighbours(*id).len()).sum::<usize>();
        let all = started.elapsed().as_secs_f64();
        dirty_total += dirty.len();
        updating += updated;
        looking += all - updated;
        longest = longest.max(all);
    }
    println!(
        "{dirty_total} dirty, {edges} neighbours, update {updating:.2} s, neighbours {looking:.2} s, longest batch {longest:.3} s"
    );
    let started = Instant::now();
    let probes: Vec<f64> = features
        .iter()
        .step_by(features.len().div_ceil(20_000))
        .map(|probe| {
            let started = Instant::now();
            std::hint::black_box(index.search(probe));
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    let mut sorted = probes.clone();
    sorted.sort_by(f64::total_cmp);
    println!(
        "search: {} probes in {:.2} s, median {:.0} us, p99 {:.0} us",
        probes.len(),
        started.elapsed().as_secs_f64(),
        sorted[sorted.len() / 2],
        sorted[sorted.len() * 99 / 100]
    );
    Ok(())
}
