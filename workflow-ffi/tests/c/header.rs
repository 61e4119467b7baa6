//! `include/workflow.h` is what the crate says. Run with `WORKFLOW_REGENERATE=1` (or
//! `make header`) to write it anew.

use std::path::Path;

#[test]
fn c1_the_header_is_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).expect("cbindgen.toml");
    let bindings = cbindgen::Builder::new().with_config(config).with_crate(folder).generate().expect("a header");
    let mut header = Vec::new();
    bindings.write(&mut header);
    let header = String::from_utf8(header).expect("UTF-8");
    let file = folder.join("../include/workflow.h");
    if std::env::var_os("WORKFLOW_REGENERATE").is_some_and(|value| value == "1") {
        std::fs::write(&file, &header).expect("the header");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == header, "include/workflow.h is old; run `make header`");
}
