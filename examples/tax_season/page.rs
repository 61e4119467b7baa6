//! The board as a page, and a pipeline as a picture.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use workflow_core::definition::Status;
use workflow_core::graph::StageGraph;
use workflow_core::id::{PipelineKey, StatusKey};
use workflow_core::model::JobStatus;
use workflow_core::query::{Board, BoardColumn, JobRow};

use crate::year::spoken;
use crate::{Demo, Outcome};

/// Cards shown per stage.
const CARDS: usize = 30;

/// Days ahead within which what is due is marked.
const SOON: i64 = 14;

/// Writes board.html and pipeline-1040.svg into a folder.
pub(crate) fn write(demo: &Demo, pipelines: &[PipelineKey], folder: &Path) -> Outcome {
    let page = write_board(demo, pipelines, folder, "board.html")?;
    let queries = demo.engine.query(demo.firm, demo.actor.clone())?;
    let picture = folder.join("pipeline-1040.svg");
    let definition = queries.definition(pipelines.first().ok_or("no pipelines")?)?;
    std::fs::write(&picture, svg(&definition)?)?;
    println!("{} and {} written", page.display(), picture.display());
    Ok(())
}

/// Writes the boards as they are now into a file.
pub(crate) fn write_board(demo: &Demo, pipelines: &[PipelineKey], folder: &Path, name: &str) -> Outcome<PathBuf> {
    let queries = demo.engine.query(demo.firm, demo.actor.clone())?;
    let mut boards = Vec::new();
    for pipeline in pipelines {
        let statuses = queries.definition(pipeline)?.statuses.clone();
        let name = |status: Status| Some((status.key, status.name?));
        boards.push((queries.board(pipeline, CARDS)?, statuses.into_iter().filter_map(name).collect()));
    }
    let page = folder.join(name);
    std::fs::write(&page, html(&boards, queries.today())?)?;
    Ok(page)
}

/// What custom statuses are called.
type Statuses = BTreeMap<StatusKey, String>;

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            sign => safe.push(sign),
        }
    }
    safe
}

const STYLE: &str = "
:root{color-scheme:light dark;--bg:#f4f5f7;--ink:#172b4d;--soft:#5e6c84;--card:#fff;--col:#ebecf0;--line:#d5d9e0;
--accent:#0b66d6;--late:#b3261e;--look:#8a5a00;--done:#1b7f4b}
@media(prefers-color-scheme:dark){:root{--bg:#15181d;--ink:#e6e9ee;--soft:#9aa5b4;--card:#242a33;--col:#1c2129;
--line:#39414d;--accent:#7fb2ff;--late:#ff8a80;--look:#f2c063;--done:#6fd19d}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.4 system-ui,sans-serif}
header{padding:1rem 1rem .25rem}h1{font-size:1.25rem;margin:0}header p{margin:.25rem 0 0;color:var(--soft)}
nav{display:flex;gap:.25rem;flex-wrap:wrap;padding:.75rem 1rem}
nav label{padding:.45rem .8rem;border:1px solid var(--line);border-radius:999px;cursor:pointer;background:var(--card)}
input[name=tab]{position:absolute;opacity:0;pointer-events:none}
section{display:none;padding:0 1rem 1rem}
.columns{display:flex;gap:.75rem;overflow-x:auto;padding-bottom:1rem;align-items:flex-start;scroll-snap-type:x proximity}
.column{flex:0 0 17rem;background:var(--col);border-radius:.6rem;padding:.6rem;scroll-snap-align:start}
.column h2{font-size:.95rem;margin:0 0 .15rem;display:flex;justify-content:space-between;gap:.5rem}
.column h2 span{color:var(--soft);font-weight:400}.facts{color:var(--soft);font-size:.8rem;margin:0 0 .5rem}
.conditional{border:1px dashed var(--soft)}
article{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .6rem;margin:.4rem 0}
article h3{font-size:.9rem;margin:0;overflow-wrap:anywhere}article p{margin:.15rem 0 0;font-size:.8rem;color:var(--soft)}
.date{white-space:nowrap}.soon{color:var(--look)}
.mark{display:inline-block;border-radius:.3rem;padding:0 .35rem;background:var(--late);color:var(--card)}article .mark.late{color:var(--card)}
.late{color:var(--late)}.look{color:var(--look)}.done{color:var(--done)}.more{color:var(--soft);font-size:.85rem}
.tags span{display:inline-block;border:1px solid var(--line);border-radius:.3rem;padding:0 .3rem;margin:.15rem .2rem 0 0}
@media(max-width:40rem){.column{flex-basis:85vw}}
";

fn html(boards: &[(Board, Statuses)], today: NaiveDate) -> Result<String, std::fmt::Error> {
    let mut page = String::new();
    write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>The year's boards</title><style>{STYLE}"
    )?;
    for place in 0..boards.len() {
        write!(page, "#t{place}:checked~#s{place}{{display:block}}")?;
        write!(page, "#t{place}:checked~nav label[for=t{place}]{{background:var(--accent);color:var(--card)}}")?;
        write!(
            page,
            "#t{place}:focus-visible~nav label[for=t{place}]{{outline:2px solid var(--accent);outline-offset:2px}}"
        )?;
    }
    write!(page, "</style></head><body><header><h1>The year's boards</h1><p>As of {}</p></header>", spoken(today))?;
    for (place, _) in boards.iter().enumerate() {
        let checked = if place == 0 { " checked" } else { "" };
        write!(page, "<input type=\"radio\" name=\"tab\" id=\"t{place}\"{checked}>")?;
    }
    page.push_str("<nav aria-label=\"Pipelines\">");
    for (place, (board, _)) in boards.iter().enumerate() {
        write!(page, "<label for=\"t{place}\">{}</label>", escape(&board.name))?;
    }
    page.push_str("</nav>");
    for (place, (board, statuses)) in boards.iter().enumerate() {
        write!(page, "<section id=\"s{place}\" aria-label=\"{}\"><div class=\"columns\">", escape(&board.name))?;
        for column in &board.columns {
            write_column(&mut page, column, statuses, today)?;
        }
        page.push_str("</div></section>");
    }
    page.push_str("</body></html>\n");
    Ok(page)
}

fn write_column(page: &mut String, column: &BoardColumn, statuses: &Statuses, today: NaiveDate) -> std::fmt::Result {
    let class = if column.conditional { "column conditional" } else { "column" };
    write!(page, "<div class=\"{class}\"><h2>{}<span>{}</span></h2>", escape(&column.name), column.jobs)?;
    let (open, done) = (column.open_blockers, column.done_blockers);
    page.push_str("<p class=\"facts\">");
    if open + done > 0 {
        write!(page, "{open} to do · {done} done")?;
    } else {
        page.push_str("nothing to do");
    }
    if column.overdue.counted > 0 {
        write!(page, " · <span class=\"late\">{} overdue</span>", column.overdue.counted)?;
    }
    if column.attention > 0 {
        write!(page, " · <span class=\"look\">{} to look at</span>", column.attention)?;
    }
    page.push_str("</p>");
    for card in &column.cards {
        write_card(page, card, statuses, today)?;
    }
    let shown = column.cards.len() as u64;
    if column.jobs > shown {
        write!(page, "<p class=\"more\">and {} more</p>", column.jobs - shown)?;
    }
    page.push_str("</div>");
    Ok(())
}

fn write_card(page: &mut String, card: &JobRow, statuses: &Statuses, today: NaiveDate) -> std::fmt::Result {
    // Names are in whatever script, and those from right to left keep to themselves.
    let (name, account) = (escape(&card.name), escape(&card.account_name));
    write!(page, "<article><h3>{name}</h3><p><bdi>{account}</bdi>")?;
    if let Some(due) = card.due {
        let day = due.format("%-d %b %Y");
        if card.overdue {
            let days = today.signed_duration_since(due).num_days();
            let plural = if days == 1 { "" } else { "s" };
            write!(page, " · <span class=\"date\">due {day}</span></p>")?;
            write!(page, "<p><strong class=\"mark late\">overdue by {days} day{plural}</strong>")?;
        } else if matches!(card.status, JobStatus::Active) && due.signed_duration_since(today).num_days() <= SOON {
            write!(page, " · <strong class=\"date soon\">due {day}</strong>")?;
        } else {
            write!(page, " · <span class=\"date\">due {day}</span>")?;
        }
    }
    page.push_str("</p>");
    match &card.status {
        JobStatus::Active => {}
        JobStatus::Completed => page.push_str("<p class=\"done\">completed</p>"),
        JobStatus::Custom(key) => {
            let status = statuses.get(key).map_or(key.as_str(), String::as_str);
            write!(page, "<p class=\"look\">{}</p>", escape(status))?;
        }
        JobStatus::Archived => page.push_str("<p>archived</p>"),
    }
    if card.open_blockers + card.done_blockers > 0 {
        let all = card.open_blockers + card.done_blockers;
        write!(page, "<p>{} of {all} done</p>", card.done_blockers)?;
    }
    for attention in &card.attention {
        write!(page, "<p class=\"look\">{}</p>", escape(&attention.text))?;
    }
    if !card.tags.is_empty() {
        page.push_str("<p class=\"tags\">");
        for tag in &card.tags {
            write!(page, "<span>{}</span>", escape(tag.as_str()))?;
        }
        page.push_str("</p>");
    }
    page.push_str("</article>");
    Ok(())
}

/// The stages from left to right, with the ways between them above and the ways back below.
fn svg(definition: &workflow_core::definition::PipelineDefinition) -> Result<String, std::fmt::Error> {
    const WIDTH: usize = 172;
    const GAP: usize = 44;
    const TOP: usize = 130;
    const HEIGHT: usize = 62;
    let graph = StageGraph::new(definition);
    let count = definition.stages.len();
    let left = |place: usize| 20 + place * (WIDTH + GAP);
    let middle = |place: usize| left(place) + WIDTH / 2;
    let (width, height) = (left(count), TOP + HEIGHT + 90);
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         font-family=\"system-ui,sans-serif\" font-size=\"14\"><title>{}</title>\
         <style>svg{{background:#f4f5f7}}rect{{fill:#fff;stroke:#5e6c84}}.if{{stroke-dasharray:6 4}}.end{{stroke-width:3}}path{{fill:none;\
         stroke:#5e6c84;stroke-width:1.5}}text{{fill:#172b4d;text-anchor:middle}}.note{{fill:#5e6c84;font-size:11px}}\
         @media(prefers-color-scheme:dark){{svg{{background:#15181d}}rect{{fill:#242a33;stroke:#9aa5b4}}\
         path{{stroke:#9aa5b4}}text{{fill:#e6e9ee}}.note{{fill:#9aa5b4}}}}</style>\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" style=\"fill:#5e6c84\"/></marker></defs>",
        escape(&definition.name)
    );
    for from in 0..count {
        for to in (0..count).filter(|to| *to != from && graph.may_move(from, *to)) {
            let dashed = if graph.is_conditional(to) { " stroke-dasharray=\"6 4\"" } else { "" };
            let path = if to == from + 1 {
                let y = TOP + HEIGHT / 2;
                format!("M{} {y} H{}", left(from) + WIDTH, left(to) - 2)
            } else if to > from {
                let rise = 30 + 14 * (to - from);
                format!("M{} {TOP} C{0} {1} {2} {1} {2} {3}", middle(from), TOP - rise, middle(to), TOP - 2)
            } else {
                let (bottom, drop) = (TOP + HEIGHT, 30 + 14 * (from - to));
                format!("M{} {bottom} C{0} {1} {2} {1} {2} {3}", middle(from), bottom + drop, middle(to), bottom + 2)
            };
            write!(picture, "<path d=\"{path}\"{dashed} marker-end=\"url(#a)\"/>")?;
        }
    }
    for (place, stage) in definition.stages.iter().enumerate() {
        let class = match (graph.is_conditional(place), graph.is_final(place)) {
            (true, _) => "if",
            (_, true) => "end",
            _ => "stage",
        };
        let x = left(place);
        write!(
            picture,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{TOP}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\"/>"
        )?;
        let name = stage.name.as_deref().unwrap_or(stage.key.as_str());
        let lines = wrapped(name);
        for (line, words) in lines.iter().enumerate() {
            let y = TOP + 28 + 17 * line - 8 * (lines.len() - 1) / 2 + 4;
            write!(picture, "<text x=\"{}\" y=\"{y}\">{}</text>", middle(place), escape(words))?;
        }
        let rules = stage.on_entry.len() + stage.on_exit.len();
        let note = format!(
            "{rules} automation{}{}",
            if rules == 1 { "" } else { "s" },
            if stage.automove { " · automove" } else { "" }
        );
        write!(picture, "<text class=\"note\" x=\"{}\" y=\"{}\">{note}</text>", middle(place), TOP + HEIGHT + 16)?;
    }
    picture.push_str("</svg>\n");
    Ok(picture)
}

/// A name in two lines where it is long.
fn wrapped(name: &str) -> Vec<String> {
    if name.chars().count() <= 18 {
        return vec![name.to_owned()];
    }
    let (mut first, mut second) = (String::new(), String::new());
    for word in name.split(' ') {
        let line = if second.is_empty() && first.chars().count() + word.chars().count() < 18 {
            &mut first
        } else {
            &mut second
        };
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    vec![first, second]
}
