//! Rule pages on a terminal, and the table of rules.

use crate::report::{Reported, RuleInfo, actor_phrase, confidence_name, severity_name};
use crate::terminal::{self, BORDER, FAINT, STRONG, paint};
use fsrace_rules::finding::Severity;

/// How much of a fingerprint is enough to name a finding.
const SHORT: usize = 12;

/// The finding, as a heading.
pub fn heading(finding: &Reported) -> String {
    let short: String = finding.fingerprint.chars().take(SHORT).collect();
    let place = format!("{}:{}", finding.act.path(), finding.act.start().line);
    format!(
        "{} {}\n  {} {}, finding {short}\n",
        paint(STRONG, &format!("{}:", finding.rule.id)),
        terminal::line(&finding.message),
        paint(BORDER, "-->"),
        terminal::line(&place),
    )
}

/// Why a finding is there, and why it is as sure as it is.
pub fn finding(finding: &Reported) -> String {
    let mut out = heading(finding);
    let mut line = |label: &str, text: &str| {
        out.push_str(&format!("  {} {}\n", paint(STRONG, &format!("{label}:")), terminal::line(text)));
    };
    line("place", &finding.place);
    line("beside", actor_phrase(finding.witness.actor));
    line("loss", &finding.witness.loss);
    line("confidence", confidence_name(finding.confidence));
    finding.reasons.iter().for_each(|reason| line("  because", reason));
    for related in &finding.related {
        let place = format!("{}:{}", related.region.path(), related.region.start().line);
        line("see", &format!("{place}: {}", related.message));
    }
    let short: String = finding.fingerprint.chars().take(SHORT).collect();
    line(
        "more",
        &format!(
            "`fsrace explain {}`, and `fsrace replay --finding {short}` performs the schedule",
            finding.rule.id
        ),
    );
    out.push('\n');
    out
}

/// A page in Markdown as plain text: headings stand alone, code is indented, the rest stays as it is written.
pub fn plain(markdown: &str) -> String {
    page(markdown, &|_, text| text.to_owned())
}

/// A page in Markdown for a terminal, with colours.
pub fn styled(markdown: &str) -> String {
    page(markdown, &|part, text| match part {
        Part::Heading => paint(STRONG, text),
        Part::Code => paint(FAINT, text),
        Part::Text => text.to_owned(),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Heading,
    Code,
    Text,
}

fn page(markdown: &str, style: &dyn Fn(Part, &str) -> String) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        let marks = line.trim_start();
        let ticks = marks.get(..marks.len() - marks.trim_start_matches('`').len()).unwrap_or_default();
        match fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if ticks.len() >= open.len() && marks.trim_end() == ticks => fence = None,
            Some(_) => match without_marker(line) {
                Some("") => out.push('\n'),
                Some(code) => out.push_str(&format!("    {}\n", style(Part::Code, &terminal::lines(code)))),
                None => {}
            },
            None => match section_title(line) {
                Some(title) => out.push_str(&format!("{}\n", style(Part::Heading, &terminal::line(title)))),
                None => out.push_str(&format!("{}\n", style(Part::Text, &terminal::line(line)))),
            },
        }
    }
    out
}

/// A line of an example without the marker that says what must be reported there, which is for tests; none if there is nothing else.
fn without_marker(line: &str) -> Option<&str> {
    for comment in ["//", "#"] {
        if let Some((code, marker)) = line.rsplit_once(comment)
            && marker.trim_start().starts_with('~')
        {
            let code = code.trim_end();
            return (!code.is_empty()).then_some(code);
        }
    }
    Some(line)
}

/// The page without the markers in its examples, still in Markdown.
pub fn without_markers(markdown: &str) -> String {
    let lines: Vec<&str> = markdown.lines().filter_map(without_marker).collect();
    lines.join("\n") + "\n"
}

fn section_title(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    (rest.len() < line.len() && rest.starts_with(' ')).then(|| rest.trim())
}

/// The first paragraph of running text on the page, as one line.
pub fn first_paragraph(markdown: &str) -> Option<String> {
    let lines: Vec<&str> = markdown
        .lines()
        .map(str::trim)
        .skip_while(|l| l.is_empty() || l.starts_with('#'))
        .take_while(|l| !l.is_empty() && !l.starts_with('#') && !l.starts_with("```"))
        .collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

/// The rules as a table.
pub fn table(rules: &[RuleInfo]) -> String {
    let width = rules.iter().map(|r| r.id.len()).max().unwrap_or(0).max(4);
    let mut out =
        format!("{}\n", paint(STRONG, &format!("{:<width$}  level    CWE   what it finds", "rule")));
    for rule in rules {
        let level = rule.consequences.first().map_or("", |c| severity_name(Severity::of(*c)));
        let cwe = rule.cwe.first().map(ToString::to_string).unwrap_or_default();
        let off = if rule.default { "" } else { " (only with --select)" };
        out.push_str(&format!("{:<width$}  {level:<7}  {cwe:<4}  {}{off}\n", rule.id, rule.summary));
    }
    out
}

/// The ids most like `wanted`, the best first.
pub fn suggestions(wanted: &str, rules: &[RuleInfo]) -> Vec<&'static str> {
    let mut scored: Vec<(f64, &'static str)> = rules
        .iter()
        .map(|r| (strsim::jaro_winkler(wanted, r.id), r.id))
        .filter(|(score, _)| *score > 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, id)| id).collect()
}

/// "unknown rule `x`; did you mean `a` or `b`?".
pub fn unknown_rule(wanted: &str, rules: &[RuleInfo]) -> String {
    let wanted_shown = terminal::line(wanted);
    let like = suggestions(wanted, rules);
    if like.is_empty() {
        return format!("unknown rule `{wanted_shown}`; `fsrace rules` lists all");
    }
    let like: Vec<String> = like.iter().map(|id| format!("`{id}`")).collect();
    format!("unknown rule `{wanted_shown}`; did you mean {}? `fsrace rules` lists all", like.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "# a-rule\n\n## What it does\nFinds it,\nall of it.\n\n```rust\n# x\nlet y;\n\n```\nEnd.\n";

    #[test]
    fn pages_are_plain() {
        assert_eq!(
            plain(PAGE),
            "a-rule\n\nWhat it does\nFinds it,\nall of it.\n\n    # x\n    let y;\n\nEnd.\n"
        );
        assert_eq!(first_paragraph(PAGE).as_deref(), Some("Finds it, all of it."));
        assert_eq!(first_paragraph("# only"), None);
    }

    #[test]
    fn markers_are_for_tests() {
        let page = "```rust\nf(); // ~ a-rule\n//~^ b-rule\n\nlet s = \"~/x\"; // see ~\n```\n";
        assert_eq!(plain(page), "    f();\n\n    let s = \"~/x\"; // see ~\n");
        assert_eq!(without_markers(page), "```rust\nf();\n\nlet s = \"~/x\"; // see ~\n```\n");
    }
}
