//! What goes wrong, one thing after the other, as the seed has it.

use super::cast::{Cast, Place};
use std::time::Duration;
use tests::population::Dice;
use tests::postgres::End;

/// Things that go wrong in one round.
const STEPS: u64 = 10;
/// Longest time between two of them, and longest time that something stays down.
const PAUSE_MS_MAX: u64 = 700;

/// Makes trouble, and leaves everybody up.
pub async fn make(cast: &mut Cast, seed: u64) {
    let mut dice = Dice::new(seed);
    for _ in 0..STEPS {
        pause(&mut dice).await;
        step(cast, &mut dice).await;
        // Now and then the next thing goes wrong before this one is repaired.
        if dice.below(4) == 0 {
            step(cast, &mut dice).await;
        }
        cast.everybody_is_up().await;
    }
    cast.stage.end();
}

async fn step(cast: &mut Cast, dice: &mut Dice) {
    match dice.below(6) {
        0 => {
            let number = dice.below(cast.hubs.len() as u64) as usize;
            if let Some(hub) = cast.hubs[number].take() {
                hub.kill();
            }
        }
        1 => {
            cast.kill_receiver();
            pause(dice).await;
        }
        2 => {
            cast.nats.kill();
            pause(dice).await;
            cast.nats.start_again().await;
        }
        3 => cast.door.cut(),
        choice => {
            let Place::Server(server, door) = &mut cast.place else {
                cast.door.cut();
                return;
            };
            if choice == 4 {
                door.cut();
                return;
            }
            server.kill(if dice.below(2) == 0 { End::Killed } else { End::Immediate });
            pause(dice).await;
            tokio::task::block_in_place(|| server.start_again());
        }
    }
}

async fn pause(dice: &mut Dice) {
    tokio::time::sleep(Duration::from_millis(dice.below(PAUSE_MS_MAX))).await;
}
