//! Every function with every argument wrong in every way: NULL, zero, the greatest number, text that
//! is not UTF-8, handles of other types, handles that were freed, and what never was a handle.
//!
//! The program that does so is made from the header, so that a function cannot be forgotten.

use std::fmt::Write;

use crate::compiler::{Language, Link, Program};
use crate::declarations::{Function, Parameter, functions};

const HANDLES: [&str; 7] = ["engine", "acting", "answer", "cursor", "error", "reply", "runner"];

/// The handle that a parameter is, if it is one that goes in.
fn handle(parameter: &Parameter) -> Option<&'static str> {
    HANDLES.into_iter().find(|name| {
        parameter.kind == format!("const workflow_{name} *") || parameter.kind == format!("workflow_{name} *")
    })
}

/// The place for a handle that a parameter is, if it is one.
fn place(parameter: &Parameter) -> Option<&'static str> {
    HANDLES.into_iter().find(|name| parameter.kind == format!("workflow_{name} **"))
}

/// An argument that is right.
fn right(parameter: &Parameter) -> String {
    if let Some(name) = handle(parameter) {
        return format!("right.{name}");
    }
    if let Some(name) = place(parameter) {
        return format!("&place.{name}");
    }
    let text = match (parameter.kind.as_str(), parameter.name.as_str()) {
        ("const char *", "address") => "ADDRESS",
        // A folder, which is no file to be written or read.
        ("const char *", "path") => "FOLDER",
        ("const char *", "inquiry") => "INQUIRY",
        ("const char *", "question") => "QUESTION",
        ("const char *", "request" | "requests") => "REQUEST",
        ("const char *", "command") => "COMMAND",
        ("const char *", _) => "TEXT",
        ("const uint8_t *", _) => "(const uint8_t *)TEXT",
        ("char *", _) => "place.text",
        ("size_t", "limit" | "index") => "0",
        ("size_t", name) if name.ends_with("count") => "0",
        // The length of the text before it; filled in by `call`.
        ("size_t", _) => "LENGTH",
        ("int32_t" | "uint32_t" | "int64_t" | "uint64_t", _) => "0",
        ("size_t *", _) => "&place.size",
        ("int32_t *", _) => "&place.number",
        ("const workflow_id *", _) => "&right.id",
        ("workflow_id *", _) => "&place.id",
        ("const workflow_receipt *", _) => "&right.receipt",
        ("const workflow_text *", _) => "&right.text",
        ("const workflow_options *", _) => "&right.options",
        ("const workflow_runner_options *", _) => "&right.runner_options",
        ("const workflow_store *", _) => "&right.store",
        ("const workflow_notifier *", _) => "&right.notifier",
        (kind, name) => panic!("say what is right for `{kind} {name}`"),
    };
    text.to_owned()
}

/// Arguments that are wrong, or at the end of their range.
fn wrong(parameter: &Parameter) -> Vec<String> {
    let mut wrong = Vec::new();
    let bare = parameter.kind.trim_start_matches("const ");
    if parameter.kind.ends_with('*') {
        wrong.push(format!("({})NULL", parameter.kind));
    }
    if let Some(own) = handle(parameter) {
        let others = HANDLES.into_iter().filter(|name| *name != own);
        wrong.extend(others.map(|name| format!("({bare})(void *)right.{name}")));
        wrong.extend(HANDLES.map(|name| format!("({bare})(void *)freed.{name}")));
        wrong.extend(["1", "8", "UINTPTR_MAX", "0x7fffffffffff"].map(|bits| format!("({bare})(uintptr_t){bits}")));
    }
    match parameter.kind.as_str() {
        "const char *" => wrong.extend(["BAD_TEXT", "CUT_TEXT"].map(str::to_owned)),
        "size_t" => wrong.extend(["0", "1", "SIZE_MAX", "(SIZE_MAX >> 1)", "((size_t)1 << 31)"].map(str::to_owned)),
        "int32_t" => wrong.extend(["-1", "1", "INT32_MAX", "INT32_MIN"].map(str::to_owned)),
        "uint32_t" => wrong.extend(["1", "UINT32_MAX"].map(str::to_owned)),
        "int64_t" => wrong.extend(["-1", "INT64_MAX", "INT64_MIN"].map(str::to_owned)),
        "uint64_t" => wrong.extend(["1", "UINT64_MAX"].map(str::to_owned)),
        _ => {}
    }
    // A count of values that are not there is a lie that nobody can find out; one past the bound is.
    if parameter.name.ends_with("count") {
        wrong.retain(|argument| argument != "1" || parameter.kind != "size_t");
    }
    wrong
}

/// The lengths of texts that are right, at the place of each parameter.
fn with_lengths(function: &Function, mut arguments: Vec<String>) -> Vec<String> {
    for at in 0..arguments.len() {
        if arguments[at] == "LENGTH" {
            let text = function.parameters[at - 1].clone();
            arguments[at] = match arguments[at - 1].as_str() {
                given if given.contains("NULL") => "1".to_owned(),
                _ if text.kind == "const uint8_t *" => "sizeof TEXT - 1".to_owned(),
                // A length by itself.
                _ if text.kind != "const char *" => "0".to_owned(),
                given => format!("sizeof {given} - 1"),
            };
        }
    }
    arguments
}

fn call(program: &mut String, function: &Function, arguments: Vec<String>, must_fail: bool) {
    let arguments = with_lengths(function, arguments);
    let case = format!("{}({})", function.name, arguments.join(", "));
    let text = case.replace('"', "'");
    writeln!(program, "    before(\"{text}\");").expect("written");
    if function.answers_a_code() || function.name.starts_with("workflow_reply_") {
        writeln!(program, "    after({case}, {});", i32::from(must_fail)).expect("written");
    } else if function.returns == "void" {
        writeln!(program, "    {case};\n    after(-1, 0);").expect("written");
    } else {
        writeln!(program, "    (void){case};\n    after(-1, 0);").expect("written");
    }
}

/// The calls of one function.
fn calls(program: &mut String, function: &Function) {
    let rights: Vec<String> = function.parameters.iter().map(right).collect();
    let frees = function.name.ends_with("_free");
    let nothing = |parameter: &Parameter| match parameter.kind.ends_with('*') {
        true => format!("({})NULL", parameter.kind),
        false => "0".to_owned(),
    };
    let takes_a_handle = function.parameters.iter().any(|parameter| handle(parameter).is_some());
    call(program, function, function.parameters.iter().map(nothing).collect(), takes_a_handle);
    if !frees {
        call(program, function, rights.clone(), false);
    }
    for (at, parameter) in function.parameters.iter().enumerate() {
        for argument in wrong(parameter) {
            let mut arguments = rights.clone();
            let must_fail = handle(parameter).is_some();
            arguments[at] = argument;
            call(program, function, arguments, must_fail && function.answers_a_code());
        }
    }
}

/// The program, and how many calls it makes.
fn program() -> (String, usize) {
    let mut program = include_str!("../../../tests/c/matrix.c").to_owned();
    let functions = functions();
    for function in &functions {
        writeln!(program, "\nstatic void try_{}(void) {{", function.name).expect("written");
        calls(&mut program, function);
        program.push_str("}\n");
    }
    program.push_str("\nint main(void) {\n    begin_all();\n");
    for function in &functions {
        writeln!(program, "    try_{}();", function.name).expect("written");
    }
    program.push_str("    return end_all();\n}\n");
    let count = program.matches("    before(").count();
    (program, count)
}

fn build(language: Language) -> (Program, usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("matrix.c");
    let (text, count) = program();
    std::fs::write(&source, text).expect("the program");
    (Program::build(&source, language, Link::Shared), count)
}

#[test]
fn c2_no_argument_crashes_any_function() {
    for language in Language::ALL {
        let (program, count) = build(language);
        assert!(count > 1_000, "{count}");
        assert_eq!(program.run(&[]).trim(), format!("{count} calls"));
    }
}
