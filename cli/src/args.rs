//! The command lines of `fsrace` and `cargo fsrace`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use fsrace_rules::finding::Confidence;
use std::path::PathBuf;

const EXIT_CODES: &str = "Exit codes: 0 nothing found, 1 findings shown, 2 the work could not be done.";

const REPLAY_EXIT_CODES: &str =
    "Exit codes: 0 the kernel did what was foreseen, 1 it did not, 2 the work could not be done.";

/// Finds check-then-act filesystem races, proves each with the interleaving that breaks, and shows the atomic form
#[derive(Debug, Parser)]
#[command(name = "fsrace", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do; without it, help is printed.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, display_order = 100, value_name = "WHEN")]
    pub color: Color,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check files and folders for races
    #[command(after_help = EXIT_CODES)]
    Check {
        /// Files and folders; a file named here is read even if it is ignored or generated
        ///
        /// One folder: paths in reports are relative to it. Several, or files: relative to the working directory if all lie in
        /// it, else to the folder that they have in common.
        #[arg(default_value = ".", value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// What to report, and how.
        #[command(flatten)]
        options: CheckOptions,
    },
    /// Print a rule's page: what it finds, why that is bad, and what to write instead; or why a finding is as sure as it is
    Explain {
        /// The rule's id, as in `error[exists-then-create]`
        #[arg(required_unless_present = "finding")]
        rule: Option<String>,
        /// Explain the finding whose fingerprint starts so (see `check --format json`), shown by default or not
        #[arg(long, value_name = "FINGERPRINT", conflicts_with = "rule")]
        finding: Option<String>,
        /// Where the finding is: a folder or file, as for `check`
        #[arg(long = "in", value_name = "PATH", default_value = ".", conflicts_with = "rule")]
        paths: Vec<PathBuf>,
        /// How to read.
        #[command(flatten)]
        reading: ReadOptions,
    },
    /// List the rules
    Rules,
    /// Print the flow summaries of files and folders: what fsrace understood of each function
    Summaries {
        /// Files and folders
        #[arg(default_value = ".", value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// How to read.
        #[command(flatten)]
        reading: ReadOptions,
    },
    /// Perform the schedules of findings on the real kernel: two processes, in a private temporary folder
    ///
    /// Nothing of the checked project is executed, only the file operations of each schedule. What the kernel answers is compared
    /// with what fsrace foresaw.
    #[cfg(target_os = "linux")]
    #[command(after_help = REPLAY_EXIT_CODES)]
    Replay {
        /// Files and folders, as for `check`
        #[arg(default_value = ".", value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Which findings.
        #[command(flatten)]
        options: ReplayOptions,
    },
    /// What `replay` starts: does system calls for it
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Lane,
}

/// What `fsrace check` and `cargo fsrace` have in common.
#[derive(Debug, Args)]
pub struct CheckOptions {
    /// How to print findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Write the findings to FILE, in one step, instead of printing them
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Which findings.
    #[command(flatten)]
    pub filter: Filter,
    /// Show notes too: checks that are merely redundant
    #[arg(long, visible_alias = "pedantic")]
    pub notes: bool,
    /// Print counts and the time taken on standard error
    #[arg(long)]
    pub statistics: bool,
    /// How to read.
    #[command(flatten)]
    pub reading: ReadOptions,
}

/// Which findings are taken.
#[derive(Debug, Args)]
pub struct Filter {
    /// Show findings of this confidence and higher
    #[arg(long, value_enum, default_value_t = Level::Medium, value_name = "LEVEL")]
    pub min_confidence: Level,
    /// Run these rules only (may be repeated, or separated by commas)
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub select: Vec<String>,
    /// Do not run these rules (may be repeated, or separated by commas)
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub ignore: Vec<String>,
    /// Show findings in tests, examples, benchmarks and build scripts too
    #[arg(long)]
    pub include_tests: bool,
}

impl CheckOptions {
    /// All findings, whatever is shown by default.
    pub fn everything(reading: ReadOptions) -> Self {
        let filter = Filter {
            min_confidence: Level::Low,
            select: Vec::new(),
            ignore: Vec::new(),
            include_tests: true,
        };
        CheckOptions { format: Format::Human, output: None, filter, notes: true, statistics: false, reading }
    }
}

/// Which findings `fsrace replay` performs.
#[derive(Debug, Args)]
pub struct ReplayOptions {
    /// Replay the findings whose fingerprint starts so (see `check --format json`), shown by default or not
    #[arg(long, value_name = "FINGERPRINT")]
    pub finding: Option<String>,
    /// Which findings.
    #[command(flatten)]
    pub filter: Filter,
    /// How to read.
    #[command(flatten)]
    pub reading: ReadOptions,
}

/// How sources are read.
#[derive(Debug, Args)]
pub struct ReadOptions {
    /// Print no warnings, no progress and no summary
    #[arg(long, short)]
    pub quiet: bool,
    /// Work on N threads; the output is the same for any number [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Parse all files, even where none of them can have an effect: to compare with
    #[arg(long, hide = true)]
    pub parse_all: bool,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With source, schedule and rewrite
    Human,
    /// One line each
    Concise,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// How sure a finding must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// All
    Low,
    /// Where there is a reason to believe in the other process
    Medium,
    /// Where the place is shared on evidence and every call was resolved
    High,
}

impl From<Level> for Confidence {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Confidence::Low,
            Level::Medium => Confidence::Medium,
            Level::High => Confidence::High,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
    }
}

/// `cargo fsrace`: cargo calls `cargo-fsrace fsrace ...`.
#[derive(Debug, Parser)]
#[command(name = "cargo-fsrace", bin_name = "cargo", version, max_term_width = 100)]
pub enum CargoCli {
    /// Find check-then-act filesystem races in the packages of this workspace
    #[command(name = "fsrace", version, after_help = EXIT_CODES)]
    Fsrace(CargoOptions),
}

/// The options of `cargo fsrace`.
#[derive(Debug, Args)]
pub struct CargoOptions {
    /// Which manifest.
    #[command(flatten)]
    pub manifest: clap_cargo::Manifest,
    /// Which packages.
    #[command(flatten)]
    pub workspace: clap_cargo::Workspace,
    /// What to report, and how.
    #[command(flatten)]
    pub options: CheckOptions,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_lines_are_consistent() {
        Cli::command().debug_assert();
        CargoCli::command().debug_assert();
    }
}
