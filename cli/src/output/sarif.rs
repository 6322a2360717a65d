//! SARIF 2.1.0, as GitHub's code scanning and other readers take it.
//!
//! A finding's schedule becomes one code flow with two thread flows, one per process, ordered by `executionOrder`; not every reader
//! shows that order, so each step's message repeats it. Paths are relative to `%SRCROOT%`, columns count UTF-16 units, and nothing
//! in the log depends on the machine or the time.

use crate::explain;
use crate::fingerprint::line_hashes;
use crate::output::lanes::describe;
use crate::report::{
    FixReport, Region as Range, Report, Reported, RuleInfo, Schedule, Warning, actor_name, actor_phrase,
    applicability_name, confidence_name, lane_names, severity_name,
};
use crate::terminal;
use fsrace_analyzer::explore::{Consequence, Lane};
use fsrace_rules::finding::{Applicability, Severity};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, CodeFlow, Fix, Invocation, Location, LogicalLocation,
    Message, MultiformatMessageString, Notification, PhysicalLocation, PropertyBag, Region, Replacement,
    ReportingConfiguration, ReportingDescriptor, ReportingDescriptorReference,
    ReportingDescriptorRelationship, Result as Finding, ResultLevel, Run, Sarif, ThreadFlow,
    ThreadFlowLocation, Tool, ToolComponent, ToolComponentReference,
};
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const ROOT: &str = "%SRCROOT%";

/// The report; `rules` are all that could have been found.
///
/// # Errors
/// Where serialising fails, which it has no reason to.
pub fn render(report: &Report, rules: &[RuleInfo]) -> anyhow::Result<String> {
    let weaknesses: BTreeSet<u16> = rules.iter().flat_map(|r| r.cwe.iter().copied()).collect();
    let weaknesses: Vec<u16> = weaknesses.into_iter().collect();
    let mut driver = ToolComponent::builder()
        .name("fsrace")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules.iter().map(|r| rule(r, &weaknesses)).collect::<Vec<_>>())
        .build();
    let mut hashes = LineHashes::default();
    let results: Vec<Finding> = report.findings.iter().map(|f| result(f, rules, &mut hashes)).collect();
    let root = ArtifactLocation::builder().description("the folder that was checked").build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver.clone()).build())
        .results(results)
        .column_kind(json!("utf16CodeUnits"))
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
        .invocations(vec![invocation(&report.warnings)])
        .build();
    if !weaknesses.is_empty() {
        driver.supported_taxonomies = Some(vec![cwe_component()]);
        run.tool.driver = driver;
        run.taxonomies = Some(vec![taxonomy(&weaknesses)]);
    }
    let log = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build();
    let mut text = serde_json::to_string_pretty(&log)?;
    text.push('\n');
    Ok(terminal::json(text))
}

fn rule(rule: &RuleInfo, weaknesses: &[u16]) -> ReportingDescriptor {
    let worst = rule.consequences.first().copied().unwrap_or(Consequence::SpuriousFailure);
    let severity = Severity::of(worst);
    let help = MultiformatMessageString::builder()
        .text(explain::plain(rule.docs))
        .markdown(explain::without_markers(rule.docs));
    let tags: Vec<String> = ["security".to_owned(), "concurrency".to_owned(), "filesystem".to_owned()]
        .into_iter()
        .chain(rule.cwe.iter().map(|n| format!("external/cwe/cwe-{n:03}")))
        .collect();
    let properties = BTreeMap::from([
        ("precision".to_owned(), json!("high")),
        (
            "problem.severity".to_owned(),
            json!(match severity {
                Severity::Note => "recommendation",
                other => severity_name(other),
            }),
        ),
        ("security-severity".to_owned(), json!(security_severity(worst))),
    ]);
    let relationships: Vec<ReportingDescriptorRelationship> = rule
        .cwe
        .iter()
        .map(|n| {
            ReportingDescriptorRelationship::builder()
                .target(weakness(*n, weaknesses))
                .kinds(vec!["relevant".to_owned()])
                .build()
        })
        .collect();
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id)
        .name(pascal_case(rule.id))
        .short_description(sentence(rule.summary))
        .full_description(explain::first_paragraph(rule.docs).map_or_else(
            || sentence(rule.summary),
            |text| MultiformatMessageString::builder().text(text).build(),
        ))
        .help(help.build())
        .default_configuration(
            ReportingConfiguration::builder()
                .level(json!(severity_name(severity)))
                .enabled(rule.default)
                .build(),
        )
        .properties(PropertyBag::builder().tags(tags).additional_properties(properties).build())
        .build();
    if !relationships.is_empty() {
        descriptor.relationships = Some(relationships);
    }
    descriptor
}

/// A score as GitHub reads it: over 7 high, over 4 medium. Ours follow the consequence only.
fn security_severity(consequence: Consequence) -> &'static str {
    match consequence {
        Consequence::Security => "7.8",
        Consequence::DataLoss | Consequence::DoubleOwner => "5.9",
        Consequence::LostUpdate | Consequence::Corruption => "5.3",
        Consequence::SpuriousFailure | Consequence::LostError => "3.3",
        Consequence::RedundantCheck => "1.0",
    }
}

/// `exists-then-create` as `ExistsThenCreate`: SARIF wants an identifier that people can read as the rule's name.
fn pascal_case(id: &str) -> String {
    let word = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|c| c.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    id.split('-').map(word).collect()
}

fn sentence(text: &str) -> MultiformatMessageString {
    let mut letters = text.trim_end_matches('.').chars();
    let text: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    MultiformatMessageString::builder().text(format!("{text}.")).build()
}

fn cwe_component() -> ToolComponentReference {
    ToolComponentReference::builder().name("CWE").index(0).build()
}

fn weakness(number: u16, weaknesses: &[u16]) -> ReportingDescriptorReference {
    let mut reference = ReportingDescriptorReference::builder()
        .id(format!("CWE-{number}"))
        .tool_component(cwe_component())
        .build();
    reference.index = weaknesses.binary_search(&number).ok().and_then(|i| i64::try_from(i).ok());
    reference
}

fn taxonomy(weaknesses: &[u16]) -> ToolComponent {
    let taxa: Vec<ReportingDescriptor> = weaknesses
        .iter()
        .map(|n| {
            ReportingDescriptor::builder()
                .id(format!("CWE-{n}"))
                .help_uri(format!("https://cwe.mitre.org/data/definitions/{n}.html"))
                .build()
        })
        .collect();
    ToolComponent::builder()
        .name("CWE")
        .organization("MITRE")
        .short_description(sentence("the MITRE Common Weakness Enumeration"))
        .information_uri("https://cwe.mitre.org/")
        .is_comprehensive(false)
        .taxa(taxa)
        .build()
}

fn invocation(warnings: &[Warning]) -> Invocation {
    let notifications: Vec<Notification> = warnings
        .iter()
        .map(|w| {
            let mut notification = Notification::builder()
                .message(Message::builder().text(w.message.clone()).build())
                .level(json!("warning"))
                .build();
            if !w.path.is_empty() {
                let physical =
                    PhysicalLocation::builder().artifact_location(artifact_location(&w.path)).build();
                notification.locations = Some(vec![Location::builder().physical_location(physical).build()]);
            }
            notification
        })
        .collect();
    let mut invocation = Invocation::builder().execution_successful(true).build();
    if !notifications.is_empty() {
        invocation.tool_execution_notifications = Some(notifications);
    }
    invocation
}

fn result(finding: &Reported, rules: &[RuleInfo], hashes: &mut LineHashes) -> Finding {
    let related: Vec<Location> = finding
        .related
        .iter()
        .zip(1i64..)
        .map(|(r, id)| location(&r.region, Some(&r.message), Some(id)))
        .collect();
    let logical = LogicalLocation::builder()
        .fully_qualified_name(finding.function.clone())
        .kind("function".to_owned())
        .build();
    let mut primary = location(&finding.act, None, None);
    primary.logical_locations = Some(vec![logical]);
    let properties: BTreeMap<String, Value> = BTreeMap::from([
        ("consequence".to_owned(), json!(finding.consequence.name())),
        ("confidence".to_owned(), json!(confidence_name(finding.confidence))),
        ("confidenceReasons".to_owned(), json!(finding.reasons)),
        ("place".to_owned(), json!(finding.place)),
        ("otherActor".to_owned(), json!(actor_name(finding.witness.actor))),
        ("bounded".to_owned(), json!(finding.bounded)),
    ]);
    let fingerprints = BTreeMap::from([
        ("primaryLocationLineHash".to_owned(), hashes.get(&finding.act)),
        ("fsrace/v1".to_owned(), finding.fingerprint.clone()),
    ]);
    let mut result = Finding::builder()
        .rule_id(finding.rule.id)
        .level(match finding.severity {
            Severity::Note => ResultLevel::Note,
            Severity::Warning => ResultLevel::Warning,
            Severity::Error => ResultLevel::Error,
        })
        .message(Message::builder().text(message(finding)).build())
        .locations(vec![primary])
        .partial_fingerprints(fingerprints)
        .properties(PropertyBag::builder().additional_properties(properties).build())
        .build();
    result.rule_index =
        rules.iter().position(|r| r.id == finding.rule.id).and_then(|i| i64::try_from(i).ok());
    if !related.is_empty() {
        result.related_locations = Some(related);
    }
    let flow = code_flow(&finding.witness, &finding.act);
    if !flow.thread_flows.is_empty() {
        result.code_flows = Some(vec![flow]);
    }
    result.fixes = finding.fix.as_ref().and_then(fix).map(|fix| vec![fix]);
    result
}

/// The message, the related places as links, what is lost, and what to do.
fn message(finding: &Reported) -> String {
    let mut text = capitalised(&finding.message);
    let links: Vec<String> = finding
        .related
        .iter()
        .zip(1..)
        .map(|(r, id)| format!("[{}]({id})", r.message.replace('[', "\\[").replace(']', "\\]")))
        .collect();
    if !links.is_empty() {
        text.push_str(&format!(" ({})", links.join(", ")));
    }
    for part in [&finding.witness.loss, &finding.help] {
        if !part.is_empty() {
            text.push_str(&format!(". {}", capitalised(part.trim_end_matches('.'))));
        }
    }
    text.push('.');
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn code_flow(schedule: &Schedule, act: &Range) -> CodeFlow {
    let mut lanes: [(Lane, &str, Vec<ThreadFlowLocation>); 2] =
        [(Lane::A, "A", Vec::new()), (Lane::B, "B", Vec::new())];
    // Readers want a place in the source for each step. A step of an actor that is not the program's own code is shown where the
    // program stands at that moment.
    let mut here = act;
    let place = schedule.steps.first().map(|s| s.place.clone()).unwrap_or_default();
    for (step, order) in schedule.steps.iter().zip(1i64..) {
        if step.lane == Lane::A
            && let Some(region) = &step.region
        {
            here = region;
        }
        let region = step.region.as_ref().unwrap_or(here);
        for (lane, name, locations) in &mut lanes {
            if *lane == step.lane {
                let text = format!("{order} {name}: {}", describe(step));
                locations.push(
                    ThreadFlowLocation::builder()
                        .location(location(region, Some(&text), None))
                        .execution_order(order)
                        .state(BTreeMap::from([(step.place.clone(), text_only(&step.state))]))
                        .build(),
                );
            }
        }
    }
    let does = ["runs this function", actor_phrase(schedule.actor)];
    let flows: Vec<ThreadFlow> = lanes
        .into_iter()
        .zip(lane_names(schedule.actor).into_iter().zip(does))
        .filter(|((_, _, locations), _)| !locations.is_empty())
        .map(|((_, id, locations), (name, does))| {
            let text = format!("{name} {does}");
            ThreadFlow::builder()
                .id(id)
                .message(Message::builder().text(text).build())
                .initial_state(BTreeMap::from([(place.clone(), text_only(&schedule.initial))]))
                .locations(locations)
                .build()
        })
        .collect();
    CodeFlow::builder()
        .message(Message::builder().text(schedule.loss.clone()).build())
        .thread_flows(flows)
        .build()
}

fn text_only(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// A sketch is no fix: a reader might apply it.
fn fix(fix: &FixReport) -> Option<Fix> {
    let first = fix.edits.first()?;
    if fix.applicability == Applicability::DisplayOnly {
        return None;
    }
    let replacements: Vec<Replacement> = fix
        .edits
        .iter()
        .map(|e| {
            Replacement::builder()
                .deleted_region(region(&e.region, false))
                .inserted_content(ArtifactContent::builder().text(e.replacement.clone()).build())
                .build()
        })
        .collect();
    let needs =
        if fix.needs.is_empty() { String::new() } else { format!(" (needs {})", fix.needs.join(", ")) };
    let applicability =
        BTreeMap::from([("applicability".to_owned(), json!(applicability_name(fix.applicability)))]);
    Some(
        Fix::builder()
            .description(Message::builder().text(format!("{}{needs}.", capitalised(&fix.title))).build())
            .artifact_changes(vec![
                ArtifactChange::builder()
                    .artifact_location(artifact_location(first.region.path()))
                    .replacements(replacements)
                    .build(),
            ])
            .properties(PropertyBag::builder().additional_properties(applicability).build())
            .build(),
    )
}

fn location(range: &Range, message: Option<&str>, id: Option<i64>) -> Location {
    let physical = PhysicalLocation::builder()
        .artifact_location(artifact_location(range.path()))
        .region(region(range, true))
        .build();
    let mut location = Location::builder().physical_location(physical).build();
    location.message = message.map(|m| Message::builder().text(m).build());
    location.id = id;
    location
}

fn artifact_location(path: &str) -> ArtifactLocation {
    ArtifactLocation::builder().uri(uri(path)).uri_base_id(ROOT).build()
}

fn region(range: &Range, with_text: bool) -> Region {
    let source = &range.source;
    let column = |offset| i64::from(source.lines().utf16_column(&source.text, offset));
    let mut region = Region::builder()
        .start_line(i64::from(source.lines().line(range.span.start)))
        .start_column(column(range.span.start))
        .end_line(i64::from(source.lines().line(range.span.end)))
        .end_column(column(range.span.end))
        .build();
    if with_text && !range.text().is_empty() {
        region.snippet = Some(ArtifactContent::builder().text(range.text()).build());
    }
    region
}

/// A relative path as a URI reference: all but the unreserved characters of RFC 3986 and `/` is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// GitHub's line hashes, computed once per file.
#[derive(Default)]
struct LineHashes {
    by_path: FxHashMap<String, Vec<String>>,
}

impl LineHashes {
    fn get(&mut self, range: &Range) -> String {
        let hashes =
            self.by_path.entry(range.path().to_owned()).or_insert_with(|| line_hashes(&range.source.text));
        let index = (range.start().line as usize).saturating_sub(1);
        hashes.get(index).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_encoded() {
        assert_eq!(uri("src/a b#ö:c.rs"), "src/a%20b%23%C3%B6%3Ac.rs");
    }

    #[test]
    fn names_are_identifiers() {
        assert_eq!(pascal_case("exists-then-create"), "ExistsThenCreate");
    }
}
