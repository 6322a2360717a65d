//! `cargo fsrace`: which files belong to the packages that were asked for, as cargo says.

use crate::args::CargoOptions;
use crate::discover::{Scope, Selection, common_folder};
use crate::report::Warning;
use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, Package, TargetKind};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The scope that cargo gives; where cargo cannot say, the folder is walked and a warning says why.
///
/// All members are read, so that calls into them are understood; findings are reported on the selected ones.
///
/// # Errors
/// Where a named package does not exist, or a folder cannot be looked at.
pub fn scope(options: &CargoOptions) -> Result<(Scope, Vec<Warning>)> {
    // Without dependencies: that needs no network and writes no lock file.
    let metadata = match options.manifest.metadata().no_deps().exec() {
        Ok(metadata) => metadata,
        Err(error) => {
            let folder = options
                .manifest
                .manifest_path
                .as_deref()
                .and_then(Path::parent)
                .filter(|p| !p.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            let reason = error.to_string();
            let reason = reason.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
            let reason = reason.trim_start_matches("`cargo metadata` exited with an error: ");
            let message = format!(
                "cargo cannot describe this workspace ({reason}); all Rust files below the folder are checked instead"
            );
            let warning = Warning { path: String::new(), message };
            return Ok((Scope::of_paths(&[folder.to_path_buf()])?, vec![warning]));
        }
    };
    let members: Vec<&Package> =
        metadata.packages.iter().filter(|p| metadata.workspace_members.contains(&p.id)).collect();
    check_names(options, &members)?;
    let selected = selected(options, &metadata, &members)?;
    let folder = |p: &Package| canonical(p.manifest_path.as_std_path().parent().unwrap_or(Path::new(".")));
    let mut folders = vec![canonical(metadata.workspace_root.as_std_path())?];
    let mut roots = BTreeSet::new();
    for package in &members {
        let folder = folder(package)?;
        roots.extend(target_roots(package, &folder));
        folders.push(folder);
    }
    if roots.is_empty() {
        bail!("nothing to check: the packages of this workspace have no targets");
    }
    let base = common_folder(&folders).context("the packages have no folder in common")?;
    let mut scope = Scope { base, roots: roots.into_iter().collect(), selection: None };
    let names = |packages: &[&Package]| -> Result<BTreeSet<String>> {
        packages.iter().map(|p| Ok(scope.relative(&folder(p)?).unwrap_or_default())).collect()
    };
    let selection = Selection { members: names(&members)?, shown: names(&selected)? };
    scope.selection = Some(selection);
    Ok((scope, Vec::new()))
}

fn canonical(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("cannot look at {}", path.display()))
}

fn check_names(options: &CargoOptions, members: &[&Package]) -> Result<()> {
    for wanted in options.workspace.package.iter().chain(&options.workspace.exclude) {
        if members.iter().any(|p| p.name.as_str() == wanted) {
            continue;
        }
        let mut names: Vec<&str> = members.iter().map(|p| p.name.as_str()).collect();
        names.sort_by(|a, b| {
            strsim::jaro_winkler(b, wanted).total_cmp(&strsim::jaro_winkler(a, wanted)).then(a.cmp(b))
        });
        names.truncate(5);
        bail!("no package `{wanted}` in this workspace; its packages: {}", names.join(", "));
    }
    Ok(())
}

/// As cargo selects: the named packages; else, in a member's own folder, that member; else the default members.
fn selected<'m>(
    options: &CargoOptions,
    metadata: &'m Metadata,
    members: &[&'m Package],
) -> Result<Vec<&'m Package>> {
    let flags = &options.workspace;
    let by_flags = !flags.package.is_empty() || flags.workspace || flags.all || !flags.exclude.is_empty();
    if !by_flags && let Some(here) = current_package(options, members)? {
        return Ok(vec![here]);
    }
    if metadata.workspace_default_members.is_missing() {
        // A cargo from before 1.71 does not say which members are the default.
        return Ok(members.to_vec());
    }
    Ok(flags.partition_packages(metadata).0)
}

/// The member whose manifest is the nearest at or above the working directory, or is named; the workspace's own root is left to
/// cargo's notion of default members.
fn current_package<'m>(options: &CargoOptions, members: &[&'m Package]) -> Result<Option<&'m Package>> {
    let start = match &options.manifest.manifest_path {
        Some(manifest) => canonical(manifest)?.parent().map(Path::to_path_buf).unwrap_or_default(),
        None => canonical(Path::new("."))?,
    };
    for folder in start.ancestors() {
        if fs::symlink_metadata(folder.join("Cargo.toml")).is_err() {
            continue;
        }
        let manifest = folder.join("Cargo.toml");
        let is_root = fs::read_to_string(&manifest)
            .ok()
            .and_then(|text| text.parse::<toml::Table>().ok())
            .is_some_and(|table| table.contains_key("workspace"));
        if is_root {
            return Ok(None);
        }
        return Ok(members
            .iter()
            .find(|p| canonical(p.manifest_path.as_std_path()).is_ok_and(|m| m == manifest))
            .copied());
    }
    Ok(None)
}

/// The folders and files that hold a package's targets, so that fixtures and templates beside them stay out.
fn target_roots(package: &Package, folder: &Path) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    for target in &package.targets {
        let Ok(file) = canonical(target.src_path.as_std_path()) else { continue };
        match file.parent() {
            Some(parent) if parent != folder => roots.push(parent.to_path_buf()),
            _ if target.kind.contains(&TargetKind::CustomBuild) => roots.push(file),
            // The modules of a target beside the manifest can be anywhere below.
            _ => roots.push(folder.to_path_buf()),
        }
    }
    roots
}
