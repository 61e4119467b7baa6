//! The host's side of notifications: a folder that they are written to.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use chrono::TimeDelta;
use workflow_core::engine::Engine;
use workflow_core::id::NotificationId;

use crate::Outcome;

/// One JSON document a line, each notification once.
pub(crate) struct Outbox {
    file: File,
    written: BTreeSet<NotificationId>,
}

impl Outbox {
    /// Opens the folder and reads what was delivered before. A line that a killed process left
    /// half written is cut off: its notification comes again.
    pub(crate) fn open(folder: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("notifications.jsonl");
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).append(true).open(&path)?;
        let mut written = BTreeSet::new();
        let mut whole = 0u64;
        let mut reader = BufReader::new(&mut file);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            let Some(id) = line.ends_with('\n').then(|| read_id(&line)).flatten() else { break };
            written.insert(id);
            whole += line.len() as u64;
            line.clear();
        }
        drop(reader);
        file.set_len(whole)?;
        Ok(Self { file, written })
    }

    /// Delivers everything that is due.
    pub(crate) fn deliver(&mut self, engine: &Engine) -> Outcome {
        loop {
            let page = engine.claim_notifications(None, TimeDelta::seconds(60), 500)?;
            if page.is_empty() {
                return Ok(());
            }
            let mut receipts = Vec::with_capacity(page.len());
            let mut lines = Vec::new();
            for delivery in page {
                if self.written.insert(delivery.notification.id) {
                    serde_json::to_writer(&mut lines, &delivery.notification)?;
                    lines.push(b'\n');
                }
                receipts.push(delivery.receipt);
            }
            self.file.write_all(&lines)?;
            self.file.sync_data()?;
            engine.acknowledge_many(&receipts)?;
        }
    }

    /// How many notifications were delivered, by all runs together.
    pub(crate) fn delivered(&self) -> usize {
        self.written.len()
    }
}

fn read_id(line: &str) -> Option<NotificationId> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    value.get("id")?.as_str()?.parse().ok()
}
