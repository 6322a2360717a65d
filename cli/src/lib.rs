//! The command line of fsrace: arguments, file discovery, reporters and exit codes. It does all the IO; how a race is found it does
//! not know.

pub mod args;
pub mod check;
pub mod discover;
pub mod explain;
pub mod fingerprint;
mod hidden;
mod modules;
pub mod output;
pub mod progress;
pub mod read;
#[cfg(target_os = "linux")]
pub mod replay;
pub mod report;
pub mod resolve;
pub mod save;
pub mod terminal;
mod tracked;
mod uncalled;
mod vendored;
pub mod words;
pub mod workspace;

use anstream::ColorChoice;
use anyhow::{Context, Result, bail};
use args::{CargoCli, CheckOptions, Cli, Command};
use clap::CommandFactory;
use discover::Scope;
use std::process::ExitCode;

/// Runs `fsrace`.
pub fn run(cli: Cli) -> ExitCode {
    let color = cli.color.into();
    finish(dispatch(cli, color), color)
}

/// Runs `cargo fsrace`.
pub fn run_cargo(cli: CargoCli) -> ExitCode {
    let CargoCli::Fsrace(options) = cli;
    let color = options.color.into();
    quiet_panics();
    let result = workspace::scope(&options)
        .and_then(|(scope, warnings)| check::check(&scope, warnings, &options.options, color));
    finish(result, color)
}

fn dispatch(cli: Cli, color: ColorChoice) -> Result<ExitCode> {
    quiet_panics();
    let text = match cli.command {
        Some(Command::Check { paths, options }) => {
            return check::check(&Scope::of_paths(&paths)?, Vec::new(), &options, color);
        }
        Some(Command::Summaries { paths, reading }) => {
            return check::summaries(&Scope::of_paths(&paths)?, &reading, color);
        }
        #[cfg(target_os = "linux")]
        Some(Command::Replay { paths, options }) => {
            return replay::replay(&Scope::of_paths(&paths)?, options, color);
        }
        #[cfg(target_os = "linux")]
        Some(Command::Lane) => return replay::lane::serve().map(|()| ExitCode::SUCCESS),
        Some(Command::Explain { rule: Some(rule), .. }) => match fsrace_rules::rule(&rule) {
            Some(rule) => explain::styled(rule.docs),
            None => bail!("{}", explain::unknown_rule(&rule, &report::rules())),
        },
        Some(Command::Explain { rule: None, finding, paths, reading }) => {
            let scope = Scope::of_paths(&paths)?;
            let named = finding.unwrap_or_default();
            let report = check::report(&scope, Vec::new(), &CheckOptions::everything(reading), color)?;
            check::named(&report.findings, &named)?.into_iter().map(explain::finding).collect()
        }
        Some(Command::Rules) => explain::table(&report::rules()),
        None => Cli::command().render_help().ansi().to_string(),
    };
    terminal::write_stdout(&text, color).context("cannot write to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// A panic is caught and reported with the file that it is about; its raw message would only break up the report. Asked for with
/// `RUST_BACKTRACE`, it is shown as usual.
fn quiet_panics() {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
}

fn finish(result: Result<ExitCode>, color: ColorChoice) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            let word = terminal::paint(terminal::ERROR, "error:");
            terminal::write_stderr(&format!("{word} {}\n", terminal::line(&format!("{error:#}"))), color);
            ExitCode::from(2)
        }
    }
}
