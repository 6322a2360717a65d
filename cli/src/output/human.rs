//! For people: the snippet with the check and the act, the schedule that breaks, and the rewrite as a diff.

use crate::output::lanes;
use crate::report::{Report, Reported, Source, applicability_name};
use crate::resolve::confidence_sentence;
use crate::terminal::{self, paint};
use codespan_reporting::diagnostic::{Diagnostic, Label, LabelStyle, Severity as Level};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, Chars, Config, WriteStyle};
use fsrace_analyzer::explore::Consequence;
use fsrace_rules::finding::{Applicability, Severity};
use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

/// The report, `width` columns wide, with colours.
pub fn render(report: &Report, width: usize) -> String {
    let config = Config { chars: Chars::ascii(), ..Config::default() };
    let mut out = String::new();
    for finding in &report.findings {
        snippet(&mut out, finding, &config);
        out.push_str(&lanes::render(&finding.witness, finding.act.path(), width));
        out.push('\n');
        closing(&mut out, finding);
        out.push('\n');
    }
    out
}

fn snippet(out: &mut String, finding: &Reported, config: &Config) {
    let mut files = Texts::default();
    let primary = Label::primary(files.add(&finding.act.source), range(finding.act.span))
        .with_message(act_label(finding.consequence));
    let mut labels = vec![primary];
    for related in &finding.related {
        labels.push(
            Label::secondary(files.add(&related.region.source), range(related.region.span))
                .with_message(terminal::line(&related.message)),
        );
    }
    let level = match finding.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Note => Level::Note,
    };
    let function =
        format!("in `{}`, on `{}`", terminal::line(&finding.function), terminal::line(&finding.place));
    let diagnostic = Diagnostic::new(level)
        .with_code(finding.rule.id)
        .with_message(terminal::line(&finding.message))
        .with_labels(labels)
        .with_note(function)
        .with_note(terminal::line(&confidence_sentence(finding)));
    let mut writer = Colored::default();
    match term::emit_to_write_style(&mut writer, config, &files, &diagnostic) {
        Ok(()) => out.push_str(&String::from_utf8_lossy(&writer.bytes)),
        // A region is always within its text, so this is for the unforeseen only: the finding must not be lost.
        Err(e) => out.push_str(&format!(
            "{}[{}]: {} ({}, the snippet cannot be shown: {e})\n\n",
            crate::report::severity_name(finding.severity),
            finding.rule.id,
            terminal::line(&finding.message),
            terminal::line(finding.act.path()),
        )),
    }
}

fn range(span: fsrace_analyzer::source::Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

fn act_label(consequence: Consequence) -> &'static str {
    match consequence {
        Consequence::RedundantCheck => "this copes without the check",
        Consequence::SpuriousFailure => "this can fail though nothing is wrong",
        Consequence::LostError => "what this reports can reach nobody",
        Consequence::Corruption => "this can leave half of one thing and half of another",
        Consequence::LostUpdate => "this can undo the update of another",
        Consequence::DoubleOwner => "after this, two can hold what only one may",
        Consequence::DataLoss => "this can destroy what another wrote",
        Consequence::Security => "this can reach what it must not",
    }
}

fn closing(out: &mut String, finding: &Reported) {
    if !finding.help.is_empty() {
        out.push_str(&format!("  {} {}\n", paint(terminal::STRONG, "help:"), terminal::line(&finding.help)));
    }
    let Some(fix) = &finding.fix else { return };
    let promise = match fix.applicability {
        Applicability::DisplayOnly => "a sketch",
        Applicability::Unsafe => "may change behaviour",
        Applicability::Safe => "keeps what the code promises",
    };
    let needs =
        if fix.needs.is_empty() { String::new() } else { format!("; needs {}", fix.needs.join(", ")) };
    let head = format!("fix ({}):", applicability_name(fix.applicability));
    out.push_str(&format!(
        "  {} {} ({promise}{})\n",
        paint(terminal::STRONG, &head),
        terminal::line(&fix.title),
        terminal::line(&needs),
    ));
    for line in fix.diff.lines() {
        let text = terminal::lines(line);
        let text = match line.as_bytes().first() {
            Some(b'+') => paint(terminal::ADDED, &text),
            Some(b'-') => paint(terminal::REMOVED, &text),
            Some(b'@') => paint(terminal::BORDER, &text),
            _ => text,
        };
        out.push_str(&format!("  {text}\n"));
    }
}

/// The texts of one finding, made safe for a terminal without moving a byte.
#[derive(Default)]
struct Texts<'s> {
    files: Vec<Text<'s>>,
}

struct Text<'s> {
    source: &'s Source,
    name: Cow<'s, str>,
    text: Cow<'s, str>,
}

impl<'s> Texts<'s> {
    fn add(&mut self, source: &'s Source) -> usize {
        if let Some(i) = self.files.iter().position(|f| f.source.path == source.path) {
            return i;
        }
        let name = terminal::line(&source.path);
        let text = terminal::same_length(&source.text);
        self.files.push(Text { source, name, text });
        self.files.len() - 1
    }

    fn file(&self, id: usize) -> Result<&Text<'s>, Error> {
        self.files.get(id).ok_or(Error::FileMissing)
    }
}

impl<'a> Files<'a> for Texts<'_> {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.name)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.text)
    }

    fn line_index(&'a self, id: usize, byte_index: usize) -> Result<usize, Error> {
        let offset = u32::try_from(byte_index).unwrap_or(u32::MAX);
        Ok((self.file(id)?.source.lines().line(offset) as usize).saturating_sub(1))
    }

    fn line_range(&'a self, id: usize, line_index: usize) -> Result<Range<usize>, Error> {
        let Text { source, text, .. } = self.file(id)?;
        let start_of = |index: usize| {
            u32::try_from(index).ok().and_then(|i| source.lines().line_start(i + 1)).map(|s| s as usize)
        };
        let start = start_of(line_index).ok_or(Error::LineTooLarge { given: line_index, max: text.len() })?;
        Ok(start..start_of(line_index + 1).unwrap_or(text.len()))
    }
}

/// Codespan's styles as escape sequences in a buffer.
#[derive(Default)]
struct Colored {
    bytes: Vec<u8>,
}

impl Colored {
    fn style(&mut self, style: anstyle::Style) -> io::Result<()> {
        write!(self.bytes, "{style}")
    }

    fn level(level: Level) -> anstyle::Style {
        match level {
            Level::Bug | Level::Error => terminal::ERROR,
            Level::Warning => terminal::WARNING,
            Level::Note | Level::Help => terminal::NOTE,
        }
    }
}

impl Write for Colored {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteStyle for Colored {
    fn set_header(&mut self, severity: Level) -> io::Result<()> {
        self.style(Self::level(severity))
    }

    fn set_header_message(&mut self) -> io::Result<()> {
        self.style(terminal::STRONG)
    }

    fn set_line_number(&mut self) -> io::Result<()> {
        self.style(terminal::BORDER)
    }

    fn set_note_bullet(&mut self) -> io::Result<()> {
        self.style(terminal::BORDER)
    }

    fn set_source_border(&mut self) -> io::Result<()> {
        self.style(terminal::BORDER)
    }

    fn set_label(&mut self, severity: Level, label_style: LabelStyle) -> io::Result<()> {
        match label_style {
            LabelStyle::Primary => self.style(Self::level(severity)),
            LabelStyle::Secondary => self.style(terminal::BORDER),
        }
    }

    fn reset(&mut self) -> io::Result<()> {
        write!(self.bytes, "{}", anstyle::Reset)
    }
}
