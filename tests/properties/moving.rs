//! Whatever a firm has done, it can be carried to another store and is the same there.

use std::sync::Arc;

use workflow_core::engine::Engine;
use workflow_core::store::memory::MemoryStore;
use workflow_core::store::{LogBy, LogScan};

use crate::always;
use crate::draw::Step;
use crate::firm::firm;
use crate::office::{Answer, Office};

#[test]
fn s10_3_a_firm_that_is_carried_is_the_same() {
    always(a_firm_that_is_carried_is_the_same);
}

fn export(engine: &Engine) -> Vec<u8> {
    let mut file = Vec::new();
    engine.export_firm(firm(), &mut file).expect("exported");
    file
}

pub(crate) fn a_firm_that_is_carried_is_the_same(steps: &[Step]) {
    let mut office = Office::new();
    let mut keyed = Vec::new();
    for some in steps.chunks(steps.len().div_ceil(3).max(1)) {
        for step in some {
            let (request, answer, _) = office.carry_out(*step);
            // The commands of a bulk have keys of their own.
            if let (Some(_), Answer::Done { entries, .. }) = (&request.key, answer)
                && !entries.is_empty()
            {
                keyed.push((request, entries));
            }
        }
        let written = export(&office.engine);
        let empty = Office::empty_file();
        empty.engine.import_firm(written.as_slice()).expect("imported");
        empty.verify("in a file");
        assert_eq!(export(&empty.engine), written, "byte by byte");
        let back = Engine::deterministic(Arc::new(MemoryStore::new()), Arc::clone(&office.clock) as _, 9);
        back.import_firm(export(&empty.engine).as_slice()).expect("imported");
        assert_eq!(export(&back), written, "byte by byte");
        let records = office.records();
        for (id, record) in &records {
            let found = empty.store().get(firm(), std::slice::from_ref(id)).expect("readable");
            assert_eq!(found, [Some(record.clone())]);
        }
        let log = |engine: &Engine| {
            let logged = engine.store().log(firm(), &LogScan::new(LogBy::Firm, 1_000_000)).expect("readable");
            logged.into_iter().map(|logged| logged.entry).collect::<Vec<_>>()
        };
        assert_eq!(log(&empty.engine), log(&office.engine));
        for (request, entries) in &keyed {
            let again = back.execute(request).expect("answered");
            assert!(again.replayed && again.entries == *entries, "{request:?}");
        }
    }
}
