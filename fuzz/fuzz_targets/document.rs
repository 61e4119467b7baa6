//! Whatever is read as a document, in YAML or JSON: nothing panics, and what can be read says the same
//! when it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use workflow_core::command::Request;
use workflow_core::definition::Template;
use workflow_core::document::{pipeline_to_yaml, read, read_many, read_pipeline, to_json};
use workflow_core::query::Inquiry;

fuzz_target!(|data: &[u8]| {
    if let Ok(pipeline) = read_pipeline(data) {
        let again = read_pipeline(pipeline_to_yaml(&pipeline).as_bytes());
        assert_eq!(again.as_ref().ok(), Some(&pipeline), "{again:?}");
    }
    if let Ok(request) = read::<Request>("request", data) {
        let again = read::<Request>("request", to_json(&request).as_bytes());
        assert_eq!(again.as_ref().ok(), Some(&request), "{again:?}");
    }
    if let Ok(inquiry) = read::<Inquiry>("inquiry", data) {
        let again = read::<Inquiry>("inquiry", to_json(&inquiry).as_bytes());
        assert_eq!(again.as_ref().ok(), Some(&inquiry), "{again:?}");
    }
    drop(read::<Template>("template", data));
    drop(read_many::<Request>("request", data));
});
