//! The YAML in docs/time.md is what the engine reads: each piece is put into a pipeline around it
//! and published.

use serde_json::json;
use workflow_core::command::{Command, Request};
use workflow_core::document::read_pipeline;
use workflow_core::engine::Engine;
use workflow_core::event::Actor;
use workflow_core::id::FirmId;
use workflow_core::store::memory::MemoryStore;

/// The pieces of YAML in a guide.
fn pieces(guide: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut inside = false;
    for line in guide.lines() {
        match (inside, line) {
            (false, "```yaml") => {
                inside = true;
                pieces.push(String::new());
            }
            (true, "```") => inside = false,
            (true, line) => {
                let piece = pieces.last_mut().expect("begun");
                piece.push_str(line);
                piece.push('\n');
            }
            _ => {}
        }
    }
    pieces
}

/// Puts lines further to the right.
fn indent(piece: &str, by: usize) -> String {
    piece.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

/// A pipeline around a piece, by what it begins with.
fn around(piece: &str) -> String {
    let head = "key: p\nname: P\nstatuses: [{key: missing-signature}]\n\
                task_templates: [{key: review, title: Review}]\nstages:\n";
    let review = "  - key: review\n    time_limit: 5 business days\n";
    match piece {
        piece if piece.starts_with("automations:") => format!("{head}{review}  - key: done\n{piece}"),
        piece if piece.starts_with("on_entry:") => format!("{head}{review}{}  - key: done\n", indent(piece, 4)),
        piece if piece.starts_with("- key:") => format!("{head}{}{review}  - key: done\n", indent(piece, 2)),
        piece => {
            format!("{head}{review}    on_entry:\n      - key: act\n        do:\n{}  - key: done\n", indent(piece, 10))
        }
    }
}

#[test]
fn s5_8_the_guide_to_time_tells_what_is_so() {
    let engine = Engine::new(std::sync::Arc::new(MemoryStore::new()));
    let firm = FirmId(uuid::Uuid::from_u128(1));
    let give = |command: Command| engine.execute(&Request::new(firm, Actor::system("guide"), command));
    let settings = serde_json::from_value(json!({ "name": "Ledger & Sons" })).expect("settings");
    give(Command::SaveFirm(Box::new(settings))).expect("a firm");
    let pieces = pieces(include_str!("../docs/time.md"));
    assert_eq!(pieces.len(), 4);
    for piece in pieces {
        let text = around(&piece);
        let definition = read_pipeline(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let published = give(Command::PublishPipeline { definition: Box::new(definition), mapping: [].into() });
        published.unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
}
