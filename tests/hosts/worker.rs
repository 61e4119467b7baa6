//! What a worker process does.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::Request;
use workflow_core::engine::Engine;
use workflow_core::error::Error;
use workflow_core::event::Actor;
use workflow_core::id::IdempotencyKey;
use workflow_store::postgres::PostgresStore;

use crate::kit::{Hasty, account, command, firm, job, open};

fn told(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The name of the test may stand on the line before.
    write!(out, "\n{line}\n").and_then(|()| out.flush()).expect("somebody who listens");
}

pub(crate) fn work() {
    let number: u128 = told("WORKFLOW_NUMBER").parse().unwrap_or_default();
    match told("WORKFLOW_WORKER").as_str() {
        "storm" => storm(number),
        "open" => open_at_once(number),
        _ => {}
    }
}

/// The store, as soon as a server lets us in.
fn opened() -> PostgresStore {
    loop {
        match open(&told("WORKFLOW_STORE")) {
            Ok(store) => return store,
            Err(error) => assert!(error.kind().retryable(), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Numbers as they come: the same for the same beginning.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Goes on with what is passing: whoever else works, a connection or a server that is gone.
fn going_on<T>(answer: Result<T, Error>) -> Option<T> {
    match answer {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(error.retryable(), "{error}");
            std::thread::sleep(Duration::from_millis(5));
            None
        }
    }
}

/// Gives random commands, delivers, and does what is due, until its input ends.
fn storm(number: u128) {
    let clock = Hasty { since: told("WORKFLOW_SINCE").parse().expect("an instant") };
    let engine = Engine::with_clock(Arc::new(opened()), Arc::new(clock));
    say("ready");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| command_at_random(&engine, number, &over));
        scope.spawn(|| serve(&engine, &over));
        // Whoever started this process may be gone: then its input ends as well.
        drop(std::io::stdin().read(&mut [0]));
        over.store(true, Ordering::Relaxed);
    });
    say("end");
}

fn command_at_random(engine: &Engine, number: u128, over: &AtomicBool) {
    let mut chance = Chance(u64::try_from(number).expect("a small number"));
    for place in 0u64.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let name = format!("{number}-{place}");
        let command = command(at_random(&name, &mut chance));
        let key = IdempotencyKey::new(name.as_str()).expect("a key");
        let request = Request::new(firm(), Actor::system("storm"), command).keyed(key);
        let outcome = loop {
            match going_on(engine.execute(&request)) {
                Some(outcome) => break outcome,
                None if over.load(Ordering::Relaxed) => return,
                None => {}
            }
        };
        let how = match (outcome.replayed, outcome.position) {
            (true, _) => "again",
            (false, Some(_)) => "ack",
            // It changed nothing, and left nothing.
            (false, None) => "void",
        };
        say(&format!("{how} {name}"));
    }
}

/// A command about something that all work on. Every comment names the command.
fn at_random(name: &str, chance: &mut Chance) -> Value {
    let job = job(chance.below(64).into());
    let comment = |job| json!({ "comment_job": { "job": job, "text": name } });
    let tag = |number: u64| format!("t{}", number % 9);
    let some = chance.below(9);
    match chance.below(8) {
        0 => json!({ "tag_account": { "account": account(chance.below(64).into()),
                                      "add": [tag(some)], "remove": [tag(some + 4)] } }),
        1 | 2 => {
            let stage = ["one", "two", "three"][usize::try_from(some % 3).expect("a small number")];
            json!({ "move_job": { "job": job, "to": stage } })
        }
        3 => json!({ "tag_job": { "job": job, "add": [tag(some)], "remove": [tag(some + 4)] } }),
        4 => {
            let other = crate::kit::job(u128::from(some) + 1 + job.0.as_u128());
            json!({ "bulk": { "mode": "all_or_nothing", "commands": [comment(job), comment(other)] } })
        }
        5 => json!({ "edit_job": { "job": job, "changes": { "budget_minutes": { "to": some * 7 + 1 } } } }),
        _ => comment(job),
    }
}

/// What a host's runner does.
fn serve(engine: &Engine, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        going_on(engine.tick(engine.now(), 50));
        going_on(engine.run_follow_ups(50));
        let page = going_on(engine.claim_notifications(None, TimeDelta::seconds(60), 20)).unwrap_or_default();
        let idle = page.is_empty();
        for delivery in page {
            let id = delivery.notification.id;
            let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_nanos();
            say(&format!("delivered {id} {at}"));
            if going_on(engine.acknowledge(&delivery.receipt)) == Some(true) {
                say(&format!("settled {id}"));
            }
        }
        if idle {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Opens the store when all are told to, and gives one command.
fn open_at_once(number: u128) {
    say("ready");
    drop(std::io::stdin().read(&mut [0]));
    let engine = Engine::new(Arc::new(open(&told("WORKFLOW_STORE")).expect("a store")));
    let command = command(json!({ "save_firm": { "name": format!("Firm {number}") } }));
    let of = workflow_core::id::FirmId(uuid::Uuid::from_u128(0xf00 + number));
    engine.execute(&Request::new(of, Actor::system("open"), command)).expect("a command that works");
    say("end");
}
