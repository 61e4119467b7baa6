//! What is wrong with the text, whatever it should be.

use serde_json::{Value, json};
use workflow_core::document::read_pipeline;
use workflow_core::limits;

use crate::kit::{Office, READERS, codes, command, problems};

#[test]
fn s12_1_ten_megabytes_are_refused() {
    let office = Office::new();
    let many = |part: &str| part.repeat(10_000_000 / part.len() + 1);
    let stages: Vec<Value> =
        (0..250_000).map(|number| json!({ "key": format!("stage {number:09}"), "name": "S" })).collect();
    for (what, text) in [
        ("JSON", json!({ "key": "p", "name": "P", "stages": stages }).to_string()),
        ("JSON text", json!({ "key": "p", "name": many("x"), "stages": [] }).to_string()),
        ("JSON brackets", many("[")),
        ("YAML", format!("key: p\nname: P\nstages:\n{}", many("- {key: abc}\n"))),
        ("YAML text", format!("key: {}\n", many("x"))),
        ("YAML comment", format!("#{}\nkey: p\n", many("x"))),
        ("spaces", many(" ")),
        ("lines", many("\n")),
        ("dashes", many("- ")),
    ] {
        for (kind, reader) in READERS {
            let rejection = office.refuse(&format!("{kind}: 10 MB of {what}"), reader, text.as_bytes());
            assert_eq!(codes(&rejection), ["too_big"], "{kind}: {what}");
            assert!(rejection.to_string().contains("DOCUMENT_BYTES"), "{rejection}");
        }
    }
}

/// As much as is read at all, of everything that a reader might take long over.
#[test]
fn s12_1_documents_of_the_greatest_size_are_answered_in_time() {
    let office = Office::new();
    let size = limits::DOCUMENT_BYTES - 1_000;
    let many = |part: &str| part.repeat(size / part.len());
    let wrapped = |before: &str, part: &str, after: &str| format!("{before}{}{after}", many(part));
    let numbered = |part: &dyn Fn(usize) -> String| -> String {
        let mut text = String::with_capacity(size);
        let mut number = 0;
        while text.len() + 64 < size {
            text.push_str(&part(number));
            number += 1;
        }
        text
    };
    let cases: Vec<(&str, String)> = vec![
        ("JSON lists", many("[")),
        ("JSON objects", format!("{{\"a\":{}", many("{\"a\":"))),
        ("JSON closed lists", wrapped("{\"a\":[", "[],", "1]}")),
        ("JSON numbers", wrapped("{\"a\":[", "1,", "1]}")),
        ("JSON names", format!("{{{}\"z\":1}}", numbered(&|number| format!("\"{number}\":1,")))),
        ("JSON the same name", wrapped("{", "\"a\":1,", "\"a\":1}")),
        ("JSON escapes", wrapped("{\"a\":\"", "\\u0041", "\"}")),
        ("JSON bad escapes", wrapped("{\"a\":\"", "\\ud800", "\"}")),
        ("JSON digits", wrapped("{\"a\":", "9", "}")),
        ("JSON fraction", wrapped("{\"a\":0.", "3", "}")),
        ("JSON exponent", wrapped("{\"a\":1e", "9", "}")),
        ("JSON open text", wrapped("{\"a\":\"", "x", "")),
        ("JSON long name", wrapped("{\"", "x", "\":1}")),
        ("JSON long value", wrapped("{\"key\":\"", "x", "\"}")),
        ("JSON unknown fields", format!("{{{}\"z\":1}}", numbered(&|number| format!("\"colour{number}\":1,")))),
        ("JSON stages", format!("{{\"key\":\"p\",\"name\":\"P\",\"stages\":[{}{{}}]}}", many("{\"key\":\"a\"},"))),
        ("JSON bad stages", format!("{{\"key\":\"p\",\"name\":\"P\",\"stages\":[{}{{}}]}}", many("{\"kye\":\"a\"},"))),
        ("YAML open lists", many("[")),
        ("YAML open objects", format!("a: {}", many("{a: "))),
        ("YAML dashes", many("- ")),
        ("YAML dash lines", many("-\n")),
        ("YAML questions", many("? ")),
        ("YAML question lines", many("?\n")),
        ("YAML colons", many(": ")),
        ("YAML colon lines", many(":\n")),
        ("YAML commas", format!("a: [{}", many(","))),
        ("YAML anchors", many("&a ")),
        ("YAML anchored lists", numbered(&|number| format!("- &a{number} x\n"))),
        ("YAML aliases", format!("a: &a x\nb: [{}*a]", many("*a, "))),
        ("YAML tags", many("!!str ")),
        ("YAML long tag", format!("a: !{} x", many("t"))),
        ("YAML directives", many("%YAML 1.2\n")),
        ("YAML documents", many("---\n")),
        ("YAML ends", many("...\n")),
        ("YAML block text", format!("a: |\n{}", many(" x\n"))),
        ("YAML folded text", format!("key: >\n{}", many(" x\n\n"))),
        ("YAML block spaces", format!("a: |\n{}", many(" "))),
        ("YAML plain text", format!("key: {}", many("x\n "))),
        ("YAML quotes", many("\"\" ")),
        ("YAML open quote", format!("a: \"{}", many("x\n "))),
        ("YAML single quotes", format!("a: '{}", many("''"))),
        ("YAML escapes", format!("a: \"{}\"", many("\\x41"))),
        ("YAML comments", many("# x\n")),
        ("YAML tabs", many("\t")),
        ("YAML tab lines", many("\n\t")),
        ("YAML names", numbered(&|number| format!("a{number}: 1\n"))),
        ("YAML the same name", many("a: 1\n")),
        ("YAML long name", format!("{}: 1\n", many("x"))),
        ("YAML long value", format!("key: {}\n", many("x"))),
        ("YAML digits", format!("key: {}\n", many("9"))),
        ("YAML carriage returns", many("\r")),
        ("YAML next lines", many("\u{85}")),
        ("YAML letters of three bytes", format!("key: {}\n", many("…"))),
        ("YAML zero-width letters", many("\u{feff}")),
        ("YAML bars", many("| ")),
        ("YAML stages", format!("key: p\nname: P\nstages:\n{}", many("- key: a\n"))),
        ("YAML bad stages", format!("key: p\nname: P\nstages:\n{}", many("- kye: a\n"))),
        ("YAML stairs down", stairs(size)),
        // Few bytes, many values.
        ("JSON small values", format!("{{\"a\":[{}1]}}", "1,".repeat(limits::DOCUMENT_NODES - 10))),
        ("JSON small lists", format!("{{\"a\":[{}[]]}}", "[],".repeat(limits::DOCUMENT_NODES - 10))),
        ("YAML small values", format!("a: [{}1]", "1,".repeat(limits::DOCUMENT_NODES - 10))),
    ];
    for (what, text) in cases {
        assert!(text.len() <= limits::DOCUMENT_BYTES, "{what}");
        // The others read it by the same means.
        for (kind, reader) in READERS.into_iter().step_by(3) {
            office.refuse(&format!("{kind}: {what}"), reader, text.as_bytes());
        }
    }
}

/// Block collections, each one column further in.
fn stairs(size: usize) -> String {
    let mut text = String::new();
    for depth in 0.. {
        if text.len() + depth + 4 > size {
            break;
        }
        text.extend(std::iter::repeat_n(' ', depth));
        text.push_str("a:\n");
    }
    text
}

#[test]
fn s12_1_depth_is_refused() {
    let office = Office::new();
    let deep = 10_000;
    let closed = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(deep), close.repeat(deep));
    for (what, text) in [
        ("JSON lists", closed("[", "", "]")),
        ("JSON objects", closed("{\"all\":", "1", "}")),
        ("JSON both", closed("{\"all\":[", "1", "]}")),
        ("a JSON payload", format!("{{\"signal_job\":{{\"payload\":{}}}}}", closed("[", "", "]"))),
        ("YAML flow lists", format!("stages: {}", closed("[", "", "]"))),
        ("YAML flow objects", format!("stages: {}", closed("{all: ", "1", "}"))),
        ("YAML block lists", format!("stages:\n{}x\n", "- ".repeat(deep))),
        ("YAML block objects", stairs(4_000_000)),
        ("YAML keys", format!("{}x\n", "? ".repeat(deep))),
        ("YAML lists in keys", format!("{}x\n", "? - ".repeat(deep))),
        ("YAML not closed", format!("stages: {}", "[".repeat(deep))),
    ] {
        for (kind, reader) in READERS {
            let rejection = office.refuse(&format!("{kind}: {what}"), reader, text.as_bytes());
            let codes = codes(&rejection);
            let keys = what.contains("keys");
            assert!(codes.contains(&"too_deep") || (keys && codes.contains(&"syntax")), "{kind}: {what}: {rejection}");
        }
    }
}

#[test]
fn s12_2_what_is_no_text_is_refused() {
    let office = Office::new();
    let utf16: Vec<u8> = "{\"key\": \"p\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [vec![0xff, 0xfe], utf16.clone()].concat();
    for (what, bytes, says) in [
        ("a lone byte", b"key: p\nname: \xff\n".to_vec(), "UTF-8"),
        ("a cut letter", b"key: p\nname: \xe2\x98".to_vec(), "UTF-8"),
        ("an overlong letter", b"{\"key\": \"\xc0\xaf\"}".to_vec(), "UTF-8"),
        ("half a pair", b"{\"key\": \"\xed\xa0\x80\"}".to_vec(), "UTF-8"),
        ("Latin-1", b"name: Caf\xe9\n".to_vec(), "UTF-8"),
        ("UTF-16 with a mark", marked, "UTF-8"),
        ("UTF-16", utf16, ""),
        ("a picture", [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 64]].concat(), "UTF-8"),
        ("zeros", vec![0; 1_000], ""),
    ] {
        for (kind, reader) in READERS {
            let rejection = office.refuse(&format!("{kind}: {what}"), reader, &bytes);
            assert!(rejection.to_string().contains(says), "{kind}: {what}: {rejection}");
        }
    }
    let second_line = problems(command(b"a: b\nc: \xff\n"));
    assert_eq!((second_line[0].code, second_line[0].line), ("syntax", Some(2)));
}

#[test]
fn s12_2_anchors_and_alias_bombs_are_refused() {
    let office = Office::new();
    let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..30 {
        let before = format!("*a{}", level - 1);
        laughs.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 9].join(", ")));
    }
    let merges: String =
        (1..200).map(|level| format!("b{level}: &b{level}\n  <<: [*b{0}, *b{0}]\n", level - 1)).collect();
    for (what, text) in [
        ("laughs", laughs),
        ("merges", format!("b0: &b0 {{x: 1}}\n{merges}")),
        ("a circle", "stages: &s\n- *s\n".to_owned()),
        ("a circle in a row", "a: &a [*a]\n".to_owned()),
        ("a circle of two", "a: &a {b: &b {c: *a, d: *b}}\n".to_owned()),
        ("one that comes later", "a: *b\nb: &b x\n".to_owned()),
        ("one that never comes", "key: *nothing\n".to_owned()),
        ("one as a name", "*a : x\n".to_owned()),
    ] {
        for (kind, reader) in READERS {
            let rejection = office.refuse(&format!("{kind}: {what}"), reader, text.as_bytes());
            assert!(codes(&rejection).contains(&"alias"), "{kind}: {what}: {rejection}");
        }
    }
}

#[test]
fn s12_2_nothing_is_no_document() {
    let office = Office::new();
    for text in
        ["", " ", "\n\n", "\u{feff}", "# a remark\n", "---\n", "--- ~\n", "null", "~", "\t", "---\n...\n", "\r\n"]
    {
        for (kind, reader) in READERS {
            let rejection = office.refuse(&format!("{kind}: {text:?}"), reader, text.as_bytes());
            let codes = codes(&rejection);
            assert!(matches!(codes[..], ["missing_field" | "syntax"]), "{kind}: {text:?}: {rejection}");
        }
    }
}

#[test]
fn s12_2_the_wrong_kind_of_thing_is_no_document() {
    let office = Office::new();
    for text in [
        "[]",
        "[{\"key\": \"p\"}]",
        "- key: p\n",
        "7",
        "-1.5",
        "true",
        "\"a text\"",
        "a text",
        "2026-04-15",
        "{}",
        "{\"a\": 1} {\"b\": 2}",
        "a: 1\n---\nb: 2\n",
        "{\"key\": \"p\",}",
        "{'key': 'p'}",
        "{key: p}",
        "<xml/>",
        "key = p",
    ] {
        for (kind, reader) in READERS {
            let rejection = office.refuse(&format!("{kind}: {text:?}"), reader, text.as_bytes());
            assert!(!codes(&rejection).is_empty());
        }
    }
    for text in ["[]", "7", "a text", "true"] {
        let found = problems(read_pipeline(text.as_bytes()));
        assert_eq!((found[0].path.as_str(), found[0].code), ("", "wrong_type"), "{text}: {found:?}");
    }
}
