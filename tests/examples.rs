//! The demo's files: what they say can be published as it is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use workflow_core::command::{Command, Request};
use workflow_core::document::{pipeline_to_json, pipeline_to_yaml, read_pipeline};
use workflow_core::engine::Engine;
use workflow_core::event::Actor;
use workflow_core::export::{to_dot, to_mermaid};
use workflow_core::id::FirmId;
use workflow_core::store::memory::MemoryStore;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(data().join(name)).expect("a file")
}

#[test]
fn s2_6_the_examples_publish_without_a_warning() {
    let engine = Engine::new(Arc::new(MemoryStore::new()));
    let firm = FirmId(uuid::Uuid::from_u128(1));
    let run =
        |command| engine.execute(&Request::new(firm, Actor::system("test"), command)).expect("a command that works");
    let settings = serde_json::from_slice(&read("firm.json")).expect("settings");
    run(Command::SaveFirm(settings));
    for name in ["individual-1040", "business-1120s", "monthly-bookkeeping", "payroll", "client-onboarding"] {
        let definition = read_pipeline(&read(&format!("pipelines/{name}.yaml"))).expect("a pipeline");
        let outcome = run(Command::PublishPipeline { definition: Box::new(definition), mapping: [].into() });
        assert_eq!(outcome.warnings, [], "{name}");
    }
}

#[test]
fn s2_7_the_examples_round_trip_and_can_be_drawn() {
    for entry in std::fs::read_dir(data().join("pipelines")).expect("pipelines") {
        let path = entry.expect("an entry").path();
        let definition = read_pipeline(&std::fs::read(&path).expect("a file")).expect("a pipeline");
        assert_eq!(read_pipeline(pipeline_to_yaml(&definition).as_bytes()).expect("its YAML"), definition);
        assert_eq!(read_pipeline(pipeline_to_json(&definition).as_bytes()).expect("its JSON"), definition);
        for stage in &definition.stages {
            let name = stage.name.as_deref().unwrap_or(stage.key.as_str());
            assert!(to_dot(&definition).contains(name) && to_mermaid(&definition).contains(name), "{name}");
        }
    }
}

#[test]
fn the_clients_are_as_many_as_they_say() {
    let text = String::from_utf8(read("clients.csv")).expect("text");
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
    assert_eq!(rows.len(), 300);
    let whole: Vec<&csv::StringRecord> = rows.iter().filter(|row| row.len() == 8).collect();
    let externals: BTreeSet<&str> = whole.iter().filter_map(|row| row.get(1)).collect();
    assert_eq!((rows.len() - whole.len(), whole.len() - externals.len()), (1, 4));
    assert!(text.contains("美咲") && text.contains("محمد") && text.contains("Zoë"));
}
