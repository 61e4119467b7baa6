//! Whatever is given to `workflow_engine_execute`: nothing panics, what fails changes nothing and says
//! why, and what is carried out leaves the records that the log says.
#![no_main]

use std::ffi::{CStr, c_char};
use std::ptr;

use libfuzzer_sys::fuzz_target;
use workflow::{
    workflow_answer_free, workflow_answer_json, workflow_code, workflow_engine, workflow_engine_execute,
    workflow_engine_free, workflow_engine_open, workflow_engine_query, workflow_error_code, workflow_error_free,
    workflow_error_json,
};

/// A firm with a pipeline, an account and a job: what a mutation of a seed can be about.
const SCENE: [&str; 5] = [
    r#"{"save_firm": {"name": "Ledger & Sons", "roles": ["preparer"]}}"#,
    r#"{"save_member": {"id": "0190a5d0-0000-7000-8000-0000000000cc", "name": "Ann"}}"#,
    r#"{"publish_pipeline": {"definition": {"key": "return", "name": "Tax return", "stages": [
        {"key": "intake", "automove": true, "on_entry": [{"key": "ask", "do": [
            {"request": {"kind": "organizer", "title": "Your documents"}}, {"add_job_tags": ["asked"]}]}]},
        {"key": "prepare", "on_entry": [{"key": "later", "do": [{"wait": {"for": "2 days"}}, {"set_priority": "high"}]}]},
        {"key": "done"}]}}}"#,
    r#"{"save_account": {"id": "0190a5d0-0000-7000-8000-0000000000aa", "name": "Jane Doe", "external": "client-4711"}}"#,
    r#"{"create_job": {"id": "0190a5d0-0000-7000-8000-0000000000bb", "account": "0190a5d0-0000-7000-8000-0000000000aa",
        "pipeline": "return", "due": "2026-04-15"}}"#,
];

const VERIFY: &str = r#"{"firm": "0190a5d0-0000-7000-8000-000000000001", "actor": {"system": "fuzz"},
    "question": "verify"}"#;

fn text(data: *const c_char) -> String {
    // SAFETY: text of the library's ends in a NUL and is never NULL.
    unsafe { CStr::from_ptr(data) }.to_str().expect("UTF-8").to_owned()
}

/// Carries a request out; answers whether it was.
fn execute(engine: *const workflow_engine, request: &[u8]) -> bool {
    let (mut answer, mut error) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: what is pointed to lives, and the places are ours.
    let code = unsafe {
        workflow_engine_execute(engine, request.as_ptr().cast(), request.len(), &raw mut answer, &raw mut error)
    };
    assert_ne!(code, workflow_code::Panicked as i32, "{}", text(unsafe { workflow_error_json(error, ptr::null_mut()) }));
    if code == 0 {
        assert!(error.is_null() && !answer.is_null());
        assert!(text(unsafe { workflow_answer_json(answer, ptr::null_mut()) }).starts_with('{'));
    } else {
        assert!(answer.is_null() && workflow_error_code(error) == code);
        assert!(text(unsafe { workflow_error_json(error, ptr::null_mut()) }).starts_with('{'));
    }
    workflow_answer_free(answer);
    workflow_error_free(error);
    code == 0
}

fn verify(engine: *const workflow_engine) {
    let mut answer = ptr::null_mut();
    // SAFETY: as above.
    let code = unsafe {
        workflow_engine_query(engine, VERIFY.as_ptr().cast(), VERIFY.len(), &raw mut answer, ptr::null_mut())
    };
    let found = text(unsafe { workflow_answer_json(answer, ptr::null_mut()) });
    workflow_answer_free(answer);
    assert!(code == 0 && found.contains(r#""differences":[]"#), "the records are not what the log says: {found}");
}

fuzz_target!(|data: &[u8]| {
    let mut engine = ptr::null_mut();
    // SAFETY: the address is a literal, and the place ours.
    let code = unsafe { workflow_engine_open(c"memory:".as_ptr(), 7, ptr::null(), &raw mut engine, ptr::null_mut()) };
    assert_eq!(code, 0);
    for command in SCENE {
        let request = format!(
            r#"{{"firm": "0190a5d0-0000-7000-8000-000000000001", "actor": {{"system": "fuzz"}}, "command": {command}}}"#
        );
        assert!(execute(engine, request.as_bytes()), "{command}");
    }
    if execute(engine, data) {
        verify(engine);
    }
    workflow_engine_free(engine);
});
