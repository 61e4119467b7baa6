//! The programs in `tests/c` and `examples/c`.

use crate::compiler::{Language, Link, Program, Told, libraries, repository, sanitized, valgrind};

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

/// The library that has PostgreSQL in it opens it by its address too.
#[cfg(feature = "postgres")]
#[test]
fn c1_a_program_opens_a_store_in_postgres() {
    if sanitized() {
        // That library is built without.
        return;
    }
    let program = build("tests/c/first.c", Language::C11, Link::Shared);
    let database = workflow_test_support::postgres::Server::shared().fresh();
    assert_eq!(program.run(&["memory:"]), program.run(&[&database]));
}

#[test]
fn c1_a_store_is_copied_while_it_is_worked_on_and_looked_through() {
    for language in Language::ALL {
        assert_eq!(build("tests/c/store.c", language, Link::Shared).run(&["practice.db", "copy.db"]), "copied\n");
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

/// The short form of `make test-c`: what a program leaks or reads that it must not.
#[test]
fn c2_programs_are_clean_in_valgrind() {
    if sanitized() || valgrind() {
        return;
    }
    let there = std::process::Command::new("valgrind").arg("--version").output().is_ok();
    if !there {
        assert!(std::env::var_os("CI").is_none(), "valgrind is needed where CI is set");
        return;
    }
    for (program, arguments) in [("tests/c/first.c", &["memory:"][..]), ("tests/c/safety.c", &[])] {
        build(program, Language::C11, Link::Shared).run_in_valgrind(arguments);
    }
}

/// The season as the program in C tells it.
fn season(language: Language) -> String {
    let examples = repository().join("examples");
    let program = build("examples/c/tax_season.c", language, Link::Shared);
    program.run(&["season.db", examples.to_str().expect("a path"), "8"])
}

#[test]
fn c3_the_tax_season_is_worked_through_in_c() {
    let said = Language::ALL.map(season);
    let last = said[0].lines().last().expect("a line");
    assert!(last.starts_with("8 returns, 8 of them done; "), "{last}");
    for asked in ["request_item organizer Tax organizer for 2025", "remind_of_item", "Your return is filed"] {
        assert!(said[0].contains(asked), "`{asked}` was not asked for:\n{}", said[0]);
    }
    // The same season every time, in C and in C++.
    assert_eq!(said[0], said[1]);
}

/// Another language over the same header: the same calls, the same season, word by word.
#[test]
fn c3_the_tax_season_is_the_same_in_node() {
    if sanitized() || valgrind() {
        // Node.js is built with neither.
        return;
    }
    let folder = repository().join("examples/node");
    if !folder.join("node_modules/koffi").is_dir() {
        assert!(std::env::var_os("CI").is_none(), "`make node` must have installed koffi where CI is set");
        return;
    }
    let files = tempfile::tempdir().expect("a folder");
    let output = std::process::Command::new("node")
        .arg(folder.join("tax_season.mjs"))
        .arg(libraries().join("libworkflow.so"))
        .arg(files.path().join("season.db"))
        .arg(repository().join("examples"))
        .arg("8")
        .output()
        .expect("node");
    assert!(output.status.success(), "{}", Told(&output));
    assert_eq!(String::from_utf8(output.stdout).expect("UTF-8"), season(Language::C11));
}

#[test]
fn c1_a_runner_does_what_is_due_and_a_firm_is_carried() {
    for language in Language::ALL {
        let program = build("tests/c/carry.c", language, Link::Shared);
        program.run(&["firm.wf"]);
        assert!(program.folder().join("firm.wf").is_file() && !program.folder().join("firm.wf.part").exists());
    }
}
