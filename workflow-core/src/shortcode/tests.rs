use super::*;
use crate::catalog::{Catalog, CatalogParts};
use crate::event::Actor;
use crate::model::{Account, Firm, FirmSettings};

fn account() -> Account {
    serde_json::from_value(serde_json::json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "name": "Zoë Ångström",
        "fields": { "state": "NY", "Tax ID": "12-3", "dependents": 2 },
        "tags": ["vip", "1040"],
        "created": "2026-01-02T03:04:05Z",
        "updated": "2026-01-02T03:04:05Z"
    }))
    .expect("an account")
}

fn write(source: &str) -> Result<String, String> {
    let firm = Firm {
        id: "01890a5d-ac96-774b-bcce-b302099a8051".parse().expect("an id"),
        settings: FirmSettings::named("Ledger & Sons"),
        definitions: 1,
        created: "2026-01-01T00:00:00Z".parse().expect("an instant"),
    };
    let parts = CatalogParts { firm: Some((1, Arc::new(firm))), ..CatalogParts::default() };
    let catalog = Catalog::new(parts).expect("a catalog");
    let account = account();
    let words = Words {
        catalog: &catalog,
        account: Some(&account),
        job: None,
        pipeline: None,
        actor: &Actor::System("test".into()),
        today: "2026-04-15".parse().expect("a date"),
        period: None,
    };
    let text = Text::compile(source).map_err(|error| error.message)?;
    text.render(&words).map(|text| text.to_string())
}

#[test]
fn s6_3_plain_words_are_filled_in() {
    assert_eq!(
        write("1040 for {{ account.name }} ({{account.field.state}})").expect("a text"),
        "1040 for Zoë Ångström (NY)"
    );
    assert_eq!(write("{{ firm.name }}: {{ account.tags }}").expect("a text"), "Ledger & Sons: 1040, vip");
    assert_eq!(write("{{ account.field.dependents }}{{ account.field.none }}!").expect("a text"), "2!");
    assert_eq!(write("no braces, 100% {plain}").expect("a text"), "no braces, 100% {plain}");
}

#[test]
fn s6_3_dates_have_formats_and_offsets() {
    assert_eq!(write("{{ today | date('%B %Y') }}").expect("a text"), "April 2026");
    assert_eq!(write("{{ today | add_business_days(3) | date('%m/%d') }}").expect("a text"), "04/20");
    assert_eq!(write("{{ today | add_months(-2) }}").expect("a text"), "2026-02-15");
    assert_eq!(write("{{ job.due | date('%Y') }}").expect("an unset date leaves nothing"), "");
    assert_eq!(write("{{ account.field['Tax ID'] }}").expect("a text"), "12-3");
    assert_eq!(write("{% if account.field.state == 'NY' %}east{% endif %}").expect("a text"), "east");
}

#[test]
fn s6_3_unknown_words_are_refused_with_a_suggestion() {
    let error = write("{{ acount.name }}").expect_err("refused");
    assert!(error.contains("did you mean `account.name`?"), "{error}");
    let error = write("{{ job.dueDate | date('%Y') }}").expect_err("refused");
    assert!(error.contains("no shortcode `job.dueDate`"), "{error}");
    let error = write("{{ today | dat('%Y') }}").expect_err("refused");
    assert!(error.contains("did you mean `date`?"), "{error}");
    let error = write("{{ today | date('%Q!') }}").expect_err("refused");
    assert!(error.contains("not a format for dates"), "{error}");
    assert!(write("{{ account.name").is_err());
}

#[test]
fn s12_1_a_template_that_works_without_end_is_stopped() {
    let ten = "'1234567890'";
    let bomb =
        (0..6).fold("x".to_owned(), |inner, depth| format!("{{% for v{depth} in {ten} %}}{inner}{{% endfor %}}"));
    let error = Text::compile(&bomb).expect_err("refused");
    assert!(error.message.contains("TEMPLATE_FUEL"), "{}", error.message);
    let roles = Text::compile("{{ role.preparer }} and {{ role.reviewer | upper }}").expect("a text").roles_used();
    assert_eq!(
        {
            let mut roles = roles;
            roles.sort();
            roles
        },
        ["preparer", "reviewer"]
    );
}
