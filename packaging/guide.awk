# Makes a manual page of docs/c.md: headings, paragraphs, lists and code.
function text(line) {
    gsub(/\\/, "\\e", line)
    while (match(line, /\[[^]]*\]\([^)]*\)/)) {
        link = substr(line, RSTART, RLENGTH)
        sub(/^\[/, "", link)
        sub(/\].*/, "", link)
        line = substr(line, 1, RSTART - 1) link substr(line, RSTART + RLENGTH)
    }
    while (match(line, /`[^`]*`/)) {
        line = substr(line, 1, RSTART - 1) "\\fB" substr(line, RSTART + 1, RLENGTH - 2) "\\fR" substr(line, RSTART + RLENGTH)
    }
    gsub(/\*\*|\*/, "", line)
    sub(/^[.']/, "\\\\\\&&", line)
    return line
}
BEGIN { print ".TH WORKFLOW 7 \"\" \"libworkflow " version "\"\n.SH NAME\nworkflow \\- an embeddable workflow engine for practice management" }
/^```/ { code = !code; print code ? ".PP\n.nf" : ".fi"; next }
code { line = $0; gsub(/\\/, "\\e", line); sub(/^[.']/, "\\\\\\&&", line); print line; next }
/^# / { print ".SH DESCRIPTION"; next }
/^## / { print ".SH " toupper(substr($0, 4)); next }
/^- \[/ { next }
/^- / { print ".IP \\(bu 2"; print text(substr($0, 3)); next }
/^$/ { print ".PP"; next }
{ print text($0) }
