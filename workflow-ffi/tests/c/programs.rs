//! The programs in `tests/c` and `examples/c`.

use crate::compiler::{Language, Link, Program, repository};

fn build(name: &str, language: Language, link: Link) -> Program {
    Program::build(&repository().join(name), language, link)
}

#[test]
fn c3_a_program_opens_executes_and_reads_the_answer() {
    for language in Language::ALL {
        for link in [Link::Shared, Link::Static] {
            let program = build("tests/c/first.c", language, link);
            let database = format!("sqlite:{}", program.folder().join("practice.db").display());
            assert_eq!(program.run(&["memory:"]), program.run(&[&database]));
        }
    }
}

#[test]
fn c3_a_store_written_in_c_passes_the_conformance_suite() {
    for language in Language::ALL {
        let said = build("examples/c/host_store.c", language, Link::Shared).run(&[]);
        let (report, moved) = said.split_once('\n').expect("two lines");
        let (passed, all) = report.split_once(" of ").expect("how many checks passed");
        assert_eq!(all, format!("{passed} checks passed"));
        assert_eq!(moved, "moved, at revision 2\n");
    }
}

#[test]
fn c2_hosts_that_call_back_fail_or_answer_garbage_harm_nothing() {
    for language in Language::ALL {
        build("tests/c/safety.c", language, Link::Shared).run(&[]);
    }
}

#[test]
fn c2_sixty_four_threads_share_an_engine() {
    let program = build("tests/c/threads.c", Language::C11, Link::Shared);
    let database = format!("sqlite:{}?durability=process", program.folder().join("practice.db").display());
    program.run(&["memory:"]);
    program.run(&[&database]);
    build("tests/c/threads.c", Language::Cpp17, Link::Shared);
}
