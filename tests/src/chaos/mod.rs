//! Everything breaks at random while sources send and stewards decide; afterwards a phase of its own compares what every
//! subscriber holds with the golden records.
//!
//! `CHAOS_ROUNDS` says how many rounds each engine gets, and `CHAOS_SEED`, which every round prints, repeats one's choices.

mod cast;
mod senders;
mod stewards;
mod trouble;
mod verification;

use cast::Cast;
use std::env;
use tests::Engine;

/// Rounds of the ordinary test run.
const ROUNDS: u64 = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_chaos_on_sqlite() {
    rounds(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_chaos_on_postgres() {
    rounds(Engine::Postgres).await;
}

async fn rounds(engine: Engine) {
    let first = number("CHAOS_SEED").unwrap_or_else(|| uuid::Uuid::now_v7().as_u128() as u64 % 1_000_000_000);
    for seed in first..first + number("CHAOS_ROUNDS").unwrap_or(ROUNDS) {
        println!("chaos on {}: CHAOS_SEED={seed}", engine.scheme());
        round(engine, seed).await;
    }
}

async fn round(engine: Engine, seed: u64) {
    let mut cast = Cast::gather(engine).await;
    let senders = senders::start(&cast.stage, seed);
    let stewards = stewards::start(&cast.stage, seed);
    trouble::make(&mut cast, seed).await;
    let steps = stewards.await.expect("the stewards come to an end");
    let acknowledged = senders.finish().await;
    cast.everything_arrives().await;
    verification::verify(cast, &acknowledged, &steps).await;
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text}")))
}
