//! What the shared library exports: what the header declares and nothing else, as written down in
//! `include/workflow.symbols`. A symbol that goes away breaks programs that were linked with it.

use std::collections::BTreeSet;
use std::process::Command;

use crate::compiler::{Told, libraries, repository};
use crate::declarations::functions;

fn exported() -> BTreeSet<String> {
    let library = libraries().join("libworkflow.so");
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output().expect("nm");
    assert!(output.status.success(), "{}", Told(&output));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect()
}

#[test]
fn c1_the_library_exports_what_the_header_declares() {
    let declared: BTreeSet<String> = functions().into_iter().map(|function| function.name).collect();
    assert_eq!(exported(), declared);
}

#[test]
fn c1_exported_symbols_are_those_written_down() {
    let file = repository().join("include/workflow.symbols");
    let symbols = exported().into_iter().collect::<Vec<_>>().join("\n") + "\n";
    if std::env::var_os("WORKFLOW_REGENERATE").is_some_and(|value| value == "1") {
        std::fs::write(&file, &symbols).expect("the list");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, symbols, "include/workflow.symbols is old: a symbol that goes away needs a new soname");
}
