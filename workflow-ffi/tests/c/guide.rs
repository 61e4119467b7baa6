//! Every piece of C in `docs/c.md` is compiled; those that are programs are run.

use crate::compiler::{Language, Link, Program, repository};

/// A piece of C, and whether it is to stand in a function.
struct Piece {
    text: String,
    fragment: bool,
}

fn pieces() -> Vec<Piece> {
    let guide = std::fs::read_to_string(repository().join("docs/c.md")).expect("the guide");
    let mut pieces: Vec<Piece> = Vec::new();
    let mut inside = false;
    for line in guide.lines() {
        match (inside, line) {
            (false, "```c" | "```c fragment") => {
                inside = true;
                pieces.push(Piece { text: String::new(), fragment: line.ends_with("fragment") });
            }
            (true, "```") => inside = false,
            (true, line) => {
                let piece = pieces.last_mut().expect("begun");
                piece.text.push_str(line);
                piece.text.push('\n');
            }
            _ => {}
        }
    }
    pieces
}

/// All fragments in one program, each in a function of its own, which is called with an engine.
fn around(fragments: &[Piece]) -> String {
    let mut program = String::from(
        "#include <stdio.h>\n#include <string.h>\n#include <workflow.h>\n\
         #define GIVEN workflow_engine *engine, workflow_acting *office, const workflow_id *job\n\
         #define UNUSED (void)engine, (void)office, (void)job\n",
    );
    for (number, piece) in fragments.iter().enumerate() {
        program += &format!("static void piece_{number}(GIVEN) {{\nUNUSED;\n{}}}\n", piece.text);
    }
    program += "int main(void) {\nworkflow_engine *engine = NULL;\nworkflow_acting *office = NULL;\n\
                workflow_id job = {{0}};\n\
                if (workflow_engine_open(\"memory:\", 7, NULL, &engine, NULL) != WORKFLOW_CODE_OK) return 1;\n\
                if (workflow_acting_new(engine, &job, 0, NULL, \"guide\", 5, &office, NULL) != 0) return 1;\n";
    for number in 0..fragments.len() {
        program += &format!("piece_{number}(engine, office, &job);\n");
    }
    program + "workflow_acting_free(office);\nworkflow_engine_free(engine);\nreturn 0;\n}\n"
}

#[test]
fn c3_the_guide_is_compiled_and_run() {
    let (fragments, programs): (Vec<Piece>, Vec<Piece>) = pieces().into_iter().partition(|piece| piece.fragment);
    assert!(fragments.len() >= 7 && programs.len() == 1);
    let tutorial = &programs[0].text;
    assert!(tutorial.lines().count() <= 64, "the tutorial has {} lines", tutorial.lines().count());
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("guide.c");
    for language in Language::ALL {
        std::fs::write(&source, tutorial).expect("written");
        let said = Program::build(&source, language, Link::Shared).run(&[]);
        assert!(said.contains(r#""to":"prepare""#), "the job has not moved: {said}");
        std::fs::write(&source, around(&fragments)).expect("written");
        Program::build(&source, language, Link::Shared).run(&[]);
    }
}
