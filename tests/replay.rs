//! Schedules on the real kernel: what the explorer says is lost, is lost.

#![cfg(target_os = "linux")]

#[path = "support/page.rs"]
mod page;
mod support;

use fsrace::replay::kernel::{Seen, Setting, Stranger};
use fsrace::replay::perform::{Performance, perform, setting};
use fsrace::replay::protocol::{Answer, Order};
use fsrace::replay::remote::Remote;
use fsrace_analyzer::explore::content::{Content, Half, Piece};
use fsrace_analyzer::explore::filesystem::Call;
use fsrace_analyzer::explore::{Actor, Consequence, Explorer, Lane, Scenario, Script, Witness};
use fsrace_analyzer::flow::{Block, Effect, Step};
use fsrace_analyzer::link::Program;
use fsrace_analyzer::source::{LanguageId, SourceFile};
use page::Page;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use support::{fail_on, texts, workspace};

const FSRACE: &str = env!("CARGO_BIN_EXE_fsrace");

fn program(name: &str, text: &str) -> Program {
    let file = SourceFile {
        path: name.to_owned(),
        text: text.to_owned(),
        language: LanguageId::of_path(name).unwrap_or(LanguageId::Rust),
        package: None,
    };
    fsrace_analyzer::link(vec![fsrace_analyzer::lower(&file)])
}

/// What a witness says that the real kernel does not do.
fn complaint(witness: &Witness) -> Option<String> {
    let setting = setting(witness.actor, &witness.script);
    let performance = match perform(Path::new(FSRACE), &witness.script, setting) {
        Ok(performance) => performance,
        Err(e) => return Some(format!("{e:#}")),
    };
    if !performance.agrees() {
        return Some(format!("{:?}: {performance:?}\n{:?}", witness.actor, witness.script));
    }
    (!is_lost(&witness.loss, &witness.script, &performance))
        .then(|| format!("{:?}: `{}` did not happen: {performance:?}", witness.actor, witness.loss))
}

/// Whether what a witness says is lost can be told from what the kernel did, without the abstract kernel's word for it. A loss that
/// is told otherwise than by the end, a failure or a read is taken to have happened where all answers were as foreseen.
fn is_lost(loss: &str, script: &Script, performance: &Performance) -> bool {
    let lane = match loss.split([' ', '\'']).next() {
        Some("A") => Lane::A,
        Some("B") => Lane::B,
        _ => return true,
    };
    let answers = || {
        script
            .calls
            .iter()
            .zip(&performance.replies)
            .filter(|(call, _)| call.lane == lane)
            .map(|(_, real)| real)
    };
    if loss.ends_with("'s content is gone") {
        let whole = |content: Content| [Piece::Of(content, Half::First), Piece::Of(content, Half::Rest)];
        let written =
            script.calls.iter().filter(|call| call.lane == lane).filter_map(|call| match call.call {
                Call::Write { text, .. } | Call::Fill { text, .. } => Some(text),
                Call::Replace { content, .. } | Call::MakeDirectory { content, .. } => Some(content),
                _ => None,
            });
        // Of all that it wrote, something is nowhere any more.
        let there =
            |text| performance.end.values().any(|found| found.pieces.windows(2).any(|p| p == whole(text)));
        return written.into_iter().any(|text| !there(text));
    }
    if let Some((_, kind)) = loss.split_once(" fails with ") {
        let kind = kind.split([' ', ',']).next().unwrap_or_default();
        return answers().any(|real| real.as_ref().is_err_and(|failure| failure.kind().to_string() == kind));
    }
    if loss.contains(" reads an empty file") {
        return answers().any(|real| match real {
            Ok(Seen::Content(pieces)) => pieces.is_empty(),
            Ok(Seen::Status(found)) => found.pieces.is_empty(),
            _ => false,
        });
    }
    true
}

#[test]
fn every_racy_fixture_and_page_loses_on_the_real_kernel_what_is_said() {
    let mut sources = Vec::new();
    for (path, text) in texts(&workspace().join("fixtures/rust"), &["rs"]).unwrap() {
        if path.file_name().unwrap().to_str().unwrap().starts_with("racy_") {
            sources.push((path.strip_prefix(workspace()).unwrap().display().to_string(), "source.rs", text));
        }
    }
    for (path, text) in texts(&workspace().join("rules/docs"), &["md"]).unwrap() {
        let examples = Page::parse(&text).code.into_iter().filter(|code| code.section == "Example");
        let name = path.strip_prefix(workspace()).unwrap().display().to_string();
        sources.extend(examples.map(|code| {
            let file = match code.language {
                LanguageId::Rust => "source.rs",
                LanguageId::Go => "source.go",
                LanguageId::Python => "source.py",
            };
            (name.clone(), file, code.text)
        }));
    }
    let (mut complaints, mut replayed) = (Vec::new(), 0);
    for (name, file, text) in &sources {
        let program = program(file, text);
        let mut findings = fsrace_rules::check(&program, &|rule| !rule.is_note());
        // What threads hand to one another asks nothing of the filesystem.
        let found = findings.len();
        findings.retain(|finding| finding.consequence != Consequence::LostError);
        if findings.is_empty() && found > 0 {
            continue;
        }
        // Where a check is only redundant, there is no race to perform.
        if findings.is_empty() && name.contains("redundant-check") {
            continue;
        }
        if findings.iter().all(|finding| finding.witness.script.calls.is_empty()) {
            complaints.push(format!("{name}: nothing to replay"));
        }
        for finding in findings.iter().filter(|finding| !finding.bounded) {
            replayed += 1;
            complaints
                .extend(complaint(&finding.witness).map(|c| format!("{name}: {}: {c}", finding.rule.id)));
        }
    }
    // Past the harness, which keeps what passing tests print to itself.
    let told = format!(
        "{replayed} schedules of {} sources replayed, {} differences\n",
        sources.len(),
        complaints.len()
    );
    let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
    fail_on(&complaints);
}

fn collect<'a>(block: &'a Block, effects: &mut Vec<&'a Effect>) {
    for step in &block.steps {
        match step {
            Step::Effect(effect) => effects.push(effect),
            Step::Branch(branch) => {
                collect(&branch.then, effects);
                collect(&branch.otherwise, effects);
            }
            Step::Loop(body) => collect(body, effects),
            Step::Spawn(spawn) => collect(&spawn.body, effects),
            Step::Frame(frame) => collect(&frame.body, effects),
            _ => {}
        }
    }
}

const ACTORS: [Actor; 15] = [
    Actor::Itself,
    Actor::ItselfTask,
    Actor::ItselfThread,
    Actor::Creator,
    Actor::Remover,
    Actor::Replacer,
    Actor::Updater,
    Actor::Reader,
    Actor::Bystander,
    Actor::Crash,
    Actor::Visitor,
    Actor::Acquirer,
    Actor::Attacker,
    Actor::Stranger,
    Actor::Task,
];

/// Every race of every effect in a text, beside every actor.
fn all_races(text: &str) -> Vec<Witness> {
    let program = program("source.rs", text);
    let (explorer, mut witnesses) = (Explorer::default(), Vec::new());
    for (function, _) in program.functions() {
        let body = program.body(function);
        let mut effects = Vec::new();
        collect(&body, &mut effects);
        for (number, act) in effects.iter().enumerate() {
            let check =
                effects.get(..number).and_then(|before| before.iter().rfind(|e| e.place == act.place));
            for place in std::iter::once(&act.place).chain(&act.other_place) {
                for actor in ACTORS {
                    let check = check.map(|check| check.site);
                    let scenario =
                        Scenario { body: &body, place, check, act: act.site, actor, by_gap: false };
                    witnesses.extend(
                        explorer.explore(&scenario, |_| true).races.into_iter().map(|race| race.witness),
                    );
                }
            }
        }
    }
    witnesses
}

/// What the rules do not ask for yet: other users, process state, locks, threads, spawned work.
const CASES: &str = r#"
use std::{env, fs, path::Path, io, thread};
fn secret(p: &Path) -> io::Result<()> {
    let mut file = fs::File::create(p)?;
    fs::set_permissions(p, fs::Permissions::from_mode(0o600))?;
    file.write_all(b"key")
}
fn link(p: &Path) -> io::Result<()> {
    if fs::symlink_metadata(p)?.is_file() { fs::write(p, "x")?; }
    Ok(())
}
fn read(p: &Path) -> io::Result<String> {
    if !p.is_symlink() { return fs::read_to_string(p); }
    Ok(String::new())
}
fn extend() {
    let old = env::var("PATH").unwrap_or_default();
    unsafe { env::set_var("PATH", format!("{old}:bin")) };
}
fn inside(dir: &Path) -> io::Result<()> {
    env::set_current_dir(dir)?;
    fs::write("out", "x")?;
    Ok(())
}
fn update(p: &Path) -> io::Result<()> {
    let text = fs::read_to_string(p)?;
    let file = fs::File::options().write(true).open(p)?;
    file.lock()?;
    fs::write(p, text + "x")
}
fn spawned(dir: &Path) -> io::Result<()> {
    fs::create_dir(dir)?;
    let d = dir.to_owned();
    thread::spawn(move || fs::write(d.join("part"), "x"));
    fs::remove_dir_all(dir)
}
fn publish(p: &Path, tmp: &Path) -> io::Result<()> {
    fs::write(tmp, "x")?;
    if !p.exists() { fs::rename(tmp, p)?; }
    fs::hard_link(p, tmp)?;
    fs::copy(p, tmp)?;
    Ok(())
}
"#;

#[test]
fn every_race_beside_every_actor_is_real() {
    let (mut complaints, mut replayed) = (Vec::new(), BTreeMap::new());
    for witness in all_races(CASES) {
        *replayed.entry(fsrace::report::actor_name(witness.actor)).or_insert(0) += 1;
        complaints.extend(complaint(&witness));
    }
    println!("{replayed:?}");
    fail_on(&complaints);
    for actor in [
        "itself",
        "itself-thread",
        "creator",
        "remover",
        "replacer",
        "reader",
        "bystander",
        "attacker",
        "stranger",
        "task",
    ] {
        assert!(replayed.contains_key(actor), "no race beside {actor} was replayed");
    }
}

#[test]
fn another_user_is_told_from_the_mode_bits_where_there_is_none() {
    let stranger = |w: &Witness| matches!(w.actor, Actor::Stranger | Actor::Attacker);
    let mut replayed = 0;
    for witness in all_races(CASES).iter().filter(|w| stranger(w)) {
        let setting = Setting { stranger: Stranger::Simulated, ..Setting::default() };
        let performance = perform(Path::new(FSRACE), &witness.script, setting).unwrap();
        assert!(performance.agrees(), "{performance:?} {:?}", witness.script);
        replayed += 1;
    }
    assert!(replayed > 0);
}

/// A program that does this instead of being a lane.
#[expect(clippy::unwrap_used, reason = "test code")]
fn impostor(does: &str) -> Remote {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", does]);
    Remote::start(command, "A", false, Duration::from_millis(300)).unwrap()
}

#[test]
fn a_lane_that_dies_is_said_to() {
    let error = impostor("read order; exit 7").ask(0, &Order::Read(1)).unwrap_err();
    assert_eq!(error.to_string(), "lane A died (exit status: 7) at: Read(1)");
    let mut lane = Remote::start(Command::new(FSRACE), "B", false, Duration::from_secs(20)).unwrap();
    assert_eq!(lane.ask(0, &Order::Variable(1)).unwrap(), Answer::Failed(2));
    let process = rustix::process::Pid::from_raw(lane.id() as i32).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    let error = lane.ask(1, &Order::Variable(1)).unwrap_err().to_string();
    assert!(error.starts_with("lane B died (signal: 9 (SIGKILL)) at: "), "{error}");
}

#[test]
fn a_lane_that_hangs_is_not_waited_for() {
    let error = impostor("exec sleep 60").ask(0, &Order::Read(1)).unwrap_err();
    assert_eq!(error.to_string(), "lane A did not answer within 300ms: Read(1)");
}

#[test]
fn a_lane_that_talks_nonsense_is_no_lane() {
    let error = impostor("echo hello; sleep 60").ask(0, &Order::Read(1)).unwrap_err();
    assert_eq!(error.to_string(), "what lane A answered cannot be read");
}

/// A check-then-write whose data loss is in line 3.
const RACY: &str = "\
pub fn init(path: &std::path::Path) -> std::io::Result<()> {
    if !path.exists() {
        std::fs::write(path, \"theme\")?;
    }
    Ok(())
}
";

#[expect(clippy::unwrap_used, reason = "test code")]
fn fsrace(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = assert_cmd::Command::cargo_bin("fsrace").unwrap();
    command.current_dir(folder).args(arguments).env_remove("RUST_BACKTRACE").env_remove("NO_COLOR");
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_tells_what_the_kernel_did() {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("lib.rs"), RACY);
    let (code, out, err) = fsrace(folder.path(), &["replay"]);
    assert_eq!((code, err.as_str()), (0, "replayed 1 finding: 1 as foreseen\n"), "{out}");
    insta::assert_snapshot!("transcript", out);
    assert_eq!(fsrace(folder.path(), &["replay"]).1, out);
    let fingerprint = out.split_once("finding ").unwrap().1.get(..12).unwrap();
    assert_eq!(fsrace(folder.path(), &["replay", "--finding", fingerprint]).1, out);
    let (code, out, err) = fsrace(folder.path(), &["replay", "--finding", "nothing"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("error: no finding has a fingerprint that starts with nothing"), "{err}");
}

#[test]
fn where_nothing_is_found_nothing_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("lib.rs"), "pub fn double(n: u32) -> u32 { n * 2 }\n");
    let (code, out, err) = fsrace(folder.path(), &["replay"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", "replayed 0 findings: 0 as foreseen\n"));
}

#[expect(clippy::unwrap_used, reason = "test code")]
fn save(path: &Path, text: &str) {
    std::io::Write::write_all(&mut std::fs::File::create_new(path).unwrap(), text.as_bytes()).unwrap();
}
