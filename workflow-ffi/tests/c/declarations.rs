//! What `workflow.h` declares, read from its text.

use crate::compiler::repository;

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Without `struct`, spaces as C programmers set them: `const workflow_engine *`.
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// A function of the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) returns: String,
    pub(crate) parameters: Vec<Parameter>,
}

impl Function {
    /// Whether it answers a code.
    pub(crate) fn answers_a_code(&self) -> bool {
        const RESULTS: [&str; 3] = ["workflow_error **", "workflow_id *", "char *"];
        let results = |parameter: &Parameter| RESULTS.contains(&parameter.kind.as_str());
        self.returns == "int32_t" && self.parameters.iter().any(results)
    }
}

/// A name at the end of a declaration, and what stands before it.
fn split_name(declaration: &str) -> (String, String) {
    let end = declaration.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |place| place + 1);
    let (kind, name) = declaration.split_at(end);
    let kind = kind.replace("struct ", "").replace("enum ", "");
    (kind.trim().to_owned(), name.to_owned())
}

/// The header's text without comments.
pub(crate) fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut code = String::new();
    while let Some(begin) = rest.find("/*") {
        code.push_str(&rest[..begin]);
        let end = rest[begin..].find("*/").expect("a comment that ends");
        rest = &rest[begin + end + 2..];
    }
    code.push_str(rest);
    code
}

pub(crate) fn header() -> String {
    std::fs::read_to_string(repository().join("include/workflow.h")).expect("workflow.h")
}

/// Every function, in the header's order.
pub(crate) fn functions() -> Vec<Function> {
    let code = without_comments(&header());
    let begin = code.find("extern \"C\" {").expect("functions");
    let lines = code[begin..].lines().filter(|line| !line.starts_with('#') && !line.starts_with("extern"));
    let code: String = lines.map(|line| format!("{line} ")).collect();
    let mut functions = Vec::new();
    for declaration in code.split(';').map(str::trim).filter(|part| part.contains('(')) {
        let (head, tail) = declaration.split_once('(').expect("parameters");
        let (returns, name) = split_name(head.trim());
        let parameters = tail.trim_end_matches(')').split(',').map(str::trim).filter(|part| *part != "void");
        let parameters = parameters.map(|part| {
            let (kind, name) = split_name(part);
            Parameter { kind, name }
        });
        functions.push(Function { name, returns, parameters: parameters.collect() });
    }
    assert!(functions.len() > 50, "the header was not understood: {functions:?}");
    functions
}

/// A callback is a function pointer within a struct, and no function.
#[test]
fn the_header_is_understood() {
    let functions = functions();
    let find = |name: &str| functions.iter().find(|function| function.name == name).expect("declared");
    let execute = find("workflow_engine_execute");
    let kinds: Vec<&str> = execute.parameters.iter().map(|parameter| parameter.kind.as_str()).collect();
    assert_eq!(kinds, ["const workflow_engine *", "const char *", "size_t", "workflow_answer **", "workflow_error **"]);
    assert!(execute.answers_a_code());
    assert_eq!(find("workflow_version").returns, "const char *");
    assert!(find("workflow_abi_version").parameters.is_empty());
}
