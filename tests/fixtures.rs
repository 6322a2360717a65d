//! Every rule on every fixture, `fixtures/<language>/<rule-id>/{racy,safe}_*.<extension>`, each file a program of its own.

mod support;

use support::{Markers, disagreements, fail_on, texts, workspace};

#[test]
fn findings_are_what_the_markers_say() {
    let fixtures = workspace().join("fixtures");
    let files = texts(&fixtures, &["rs"]).unwrap();
    let mut complaints = Vec::new();
    let mut seen = 0;
    for (path, text) in files {
        let relative = path.strip_prefix(&fixtures).unwrap();
        let parts: Vec<&str> = relative.iter().filter_map(|p| p.to_str()).collect();
        // Whole small trees belong to the tests of the command line, rewrites to those of the analyzer.
        if matches!(parts.first(), Some(&"projects" | &"rewrites")) {
            continue;
        }
        let name = parts.join("/");
        let [_language, rule, file] = parts.as_slice() else {
            complaints.push(format!("{name}: not of the form <language>/<rule-id>/<file>"));
            continue;
        };
        let marked = Markers::parse(&text).is_ok_and(|m| m.acts.iter().any(|(_, r)| r == rule));
        match (file.starts_with("racy_"), file.starts_with("safe_")) {
            (true, _) if !marked => complaints.push(format!("{name}: a racy fixture must mark {rule}")),
            (_, true) if Markers::parse(&text) != Ok(Markers::default()) => {
                complaints.push(format!("{name}: a safe fixture must have no marker"));
            }
            (false, false) => complaints.push(format!("{name}: neither racy_* nor safe_*")),
            _ => {}
        }
        complaints.extend(disagreements(&[(name, text)]));
        seen += 1;
    }
    assert!(seen > 0, "there are no fixtures");
    fail_on(&complaints);
}
