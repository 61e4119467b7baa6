//! Laws that hold whatever a firm does: checked on sequences of commands drawn at random, each of
//! at least 200. A sequence that breaks one is made as short and plain as it can be and shown.
//!
//! The sequences are the same every time. With `PROPTEST_CASES` others are drawn, so many for each law.

mod brute;
mod draw;
mod explained;
mod firm;
mod found;
mod history;
mod invariants;
mod laws;
mod lists;
mod moving;
mod office;
mod times;
mod view;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use draw::{Sequences, Step};

/// How many sequences a law is tried on unless the environment says.
const CASES: u32 = 16;

/// Tries a law on sequences of 200 commands and more.
#[track_caller]
fn always(law: impl Fn(&[Step])) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 4_000,
        max_shrink_time: 120_000,
        ..Config::default()
    };
    // The same sequences every time, unless others are asked for by their number.
    let mut runner = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    if let Err(broken) = runner.run(&Sequences(200), |steps| {
        law(&steps);
        Ok(())
    }) {
        panic!("{broken}");
    }
}
