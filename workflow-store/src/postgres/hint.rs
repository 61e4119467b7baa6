//! Hints from one host to the others that there is something to do: `NOTIFY` in the commit that queued
//! it, `LISTEN` on a connection of its own. What counts is in the tables, and runners look there by
//! themselves; a hint lets them look earlier.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use workflow_core::store::Wake;

use super::pool::Dial;

/// What hints go by. The schema comes with each, since a channel is the whole database's.
pub(super) const CHANNEL: &str = "workflow_due";

/// How long to wait before listening again when the connection was lost; twice as long each time.
const REST: Duration = Duration::from_millis(200);
const LONGEST_REST: Duration = Duration::from_secs(30);

/// Who wants to hear.
#[derive(Clone, Default)]
pub(super) struct Hints(Arc<Mutex<Vec<Box<Wake>>>>);

impl Hints {
    pub(super) fn add(&self, wake: Box<Wake>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(wake);
    }

    fn wake(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|wake| wake());
    }

    /// Listens for as long as the runtime lives.
    pub(super) fn listen(&self, runtime: &Runtime, dial: &Dial) {
        let (hints, config, tls, schema) = (self.clone(), dial.config.clone(), dial.tls.clone(), dial.schema.clone());
        let hear = {
            let hints = hints.clone();
            Arc::new(move |payload: &str| {
                if payload == schema {
                    hints.wake();
                }
            })
        };
        runtime.spawn(async move {
            let mut rest = REST;
            loop {
                if let Ok((client, driver)) = tls.connect(&config, Some(hear.clone())).await {
                    let driver = tokio::spawn(driver);
                    if client.batch_execute(&format!("LISTEN {CHANNEL}")).await.is_ok() {
                        rest = REST;
                        // What was said while nobody listened.
                        hints.wake();
                        drop(driver.await);
                    }
                    drop(client);
                }
                tokio::time::sleep(rest).await;
                rest = rest.saturating_mul(2).min(LONGEST_REST);
            }
        });
    }
}
