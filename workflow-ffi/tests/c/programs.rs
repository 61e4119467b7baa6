//! The programs in `tests/c`.

use crate::compiler::{Language, Link, Program, repository};

fn build(name: &str, language: Language, link: Link) -> Program {
    Program::build(&repository().join("tests/c").join(name), language, link)
}

#[test]
fn c3_a_program_opens_executes_and_reads_the_answer() {
    for language in Language::ALL {
        for link in [Link::Shared, Link::Static] {
            let program = build("first.c", language, link);
            let database = format!("sqlite:{}", program.folder().join("practice.db").display());
            assert_eq!(program.run(&["memory:"]), program.run(&[&database]));
        }
    }
}
