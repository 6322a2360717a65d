//! The crates that `corpus.toml` pins, brought onto this machine by cargo.

use crate::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `corpus.toml` holds.
#[derive(Debug, Deserialize, Serialize)]
pub struct Corpus {
    /// The pinned crates, in the order of the file.
    #[serde(rename = "crate")]
    pub crates: Vec<Pin>,
}

/// One published crate at one version.
#[derive(Debug, Deserialize, Serialize)]
pub struct Pin {
    /// Its name in the registry.
    pub name: String,
    /// Its exact version.
    pub version: String,
    /// Findings at default settings, by rule; a rule without findings is left out.
    pub findings: BTreeMap<String, usize>,
}

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Where the pins stand.
pub fn path() -> PathBuf {
    workspace().join("corpus.toml")
}

/// Reads the pins.
pub fn read() -> Result<Corpus, Failure> {
    let path = path();
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(toml::from_str(&text)?)
}

/// Builds the release binary and says where it is.
pub fn release_binary() -> Result<PathBuf, Failure> {
    let arguments = ["build", "--release", "--bin", "fsrace", "--message-format", "json-render-diagnostics"];
    let output =
        cargo().args(arguments).current_dir(workspace()).stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err("the release build failed".into());
    }
    // The last artifact with an executable is the one binary that was asked for.
    String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .next_back()
        .ok_or_else(|| "cargo named no executable".into())
}

impl Pin {
    /// The crate's unpacked sources in cargo's registry, fetched if they are not there.
    ///
    /// `cargo info` brings one crate without its dependencies; a manifest that depends on all pins would bring a thousand more.
    pub fn fetch(&self) -> Result<PathBuf, Failure> {
        if let Some(folder) = self.unpacked()? {
            return Ok(folder);
        }
        // In an empty folder, so that no lock file has a say in the version.
        let empty = tempfile::tempdir()?;
        let pin = format!("{}@{}", self.name, self.version);
        let output = cargo().args(["info", "--quiet", &pin]).current_dir(empty.path()).output()?;
        if !output.status.success() {
            return Err(format!("cargo info {pin}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        self.unpacked()?
            .ok_or_else(|| format!("cargo fetched {pin}, but it is not in the registry folder").into())
    }

    fn unpacked(&self) -> Result<Option<PathBuf>, Failure> {
        let registries = cargo_home()?.join("registry").join("src");
        let entries = match std::fs::read_dir(&registries) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(format!("{}: {e}", registries.display()).into()),
        };
        for entry in entries {
            let folder = entry?.path().join(format!("{}-{}", self.name, self.version));
            // cargo writes this marker last, so with it the sources are whole.
            match std::fs::metadata(folder.join(".cargo-ok")) {
                Ok(_) => return Ok(Some(folder)),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(format!("{}: {e}", folder.display()).into()),
            }
        }
        Ok(None)
    }
}

/// The cargo that runs us, or the one on the path.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn cargo_home() -> Result<PathBuf, Failure> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => Ok(std::env::home_dir().ok_or("no home folder: set CARGO_HOME")?.join(".cargo")),
    }
}
