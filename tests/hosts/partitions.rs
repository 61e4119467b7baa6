//! The statements of `docs/scaling.md`, carried out.

use std::sync::Arc;

use serde_json::json;
use workflow_core::engine::Engine;
use workflow_core::error::ErrorKind;
use workflow_core::id::IdempotencyKey;
use workflow_test_support::postgres::{Options, Server};

use crate::kit::{command, firm, job, open, run, set_up};

fn statements() -> String {
    let guide = include_str!("../../docs/scaling.md");
    let (_, rest) = guide.split_once("```sql partitions\n").expect("the block of partitions");
    rest.split("```").next().expect("its end").to_owned()
}

#[test]
fn the_engine_works_on_a_log_in_partitions() {
    for more in ["", "?portable=true"] {
        // The guide says `workflow`: the schema that a store has when nothing else is said.
        let server = Server::start(&Options::default());
        let url = format!("{}{more}", server.address("wf", "postgres"));
        {
            let engine = Engine::new(Arc::new(open(&url).expect("a store")));
            set_up(&engine);
            run(&engine, json!({ "tag_job": { "job": job(1), "add": ["before"], "remove": [] } }));
        }
        drop(server.sql(&statements()));
        assert_eq!(server.sql("SELECT relkind FROM pg_class WHERE oid = 'workflow.log'::regclass"), "p");
        let engine = Engine::new(Arc::new(open(&url).expect("a store")));
        let key = IdempotencyKey::new("once").expect("a key");
        let comment = json!({ "comment_job": { "job": job(1), "text": "after" } });
        let request = workflow_core::command::Request::new(
            firm(),
            workflow_core::event::Actor::system("host"),
            command(comment.clone()),
        )
        .keyed(key);
        assert!(!engine.execute(&request).expect("done").replayed);
        assert!(engine.execute(&request).expect("answered").replayed);
        let other = json!({ "comment_job": { "job": job(2), "text": "another" } });
        let reused = workflow_core::command::Request { command: command(other), ..request };
        assert_eq!(engine.execute(&reused).expect_err("refused").kind(), ErrorKind::KeyReused);
        assert_eq!(engine.verify(firm()).expect("readable").differences, Vec::<String>::new());
    }
}
