//! What is shipped keeps to `deny.toml`: licences, and no crate that speaks to a network.
//!
//! cargo-deny knows more, advisories above all, but takes longer to build than fsrace; this much holds wherever the tests run.

use std::path::Path;
use std::process::Command;

/// `deny.toml`, as far as this test reads it.
struct Policy {
    licences: Vec<String>,
    banned: Vec<String>,
}

impl Policy {
    fn parse(text: &str) -> Option<Policy> {
        let table: toml::Table = toml::from_str(text).ok()?;
        let texts = |section: &str, key: &str| table.get(section)?.get(key)?.as_array().cloned();
        Some(Policy {
            licences: texts("licenses", "allow")?
                .iter()
                .filter_map(|v| Some(v.as_str()?.to_owned()))
                .collect(),
            banned: texts("bans", "deny")?
                .iter()
                .filter_map(|v| Some(v.get("crate")?.as_str()?.to_owned()))
                .collect(),
        })
    }

    /// Whether an SPDX expression can be met by the allowed licences alone.
    fn allows(&self, expression: &str) -> bool {
        let spaced =
            expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ").replace(" WITH ", "+");
        let tokens: Vec<&str> = spaced.split_whitespace().collect();
        let mut rest = tokens.as_slice();
        self.any(&mut rest) && rest.is_empty()
    }

    fn any(&self, tokens: &mut &[&str]) -> bool {
        let mut met = self.all(tokens);
        while let ["OR", rest @ ..] = *tokens {
            *tokens = rest;
            met |= self.all(tokens);
        }
        met
    }

    fn all(&self, tokens: &mut &[&str]) -> bool {
        let mut met = self.one(tokens);
        while let ["AND", rest @ ..] = *tokens {
            *tokens = rest;
            met &= self.one(tokens);
        }
        met
    }

    fn one(&self, tokens: &mut &[&str]) -> bool {
        match *tokens {
            ["(", rest @ ..] => {
                *tokens = rest;
                let met = self.any(tokens);
                match *tokens {
                    [")", rest @ ..] => {
                        *tokens = rest;
                        met
                    }
                    _ => false,
                }
            }
            [licence, rest @ ..] => {
                *tokens = rest;
                self.licences.iter().any(|l| l.replace(" WITH ", "+") == *licence)
            }
            [] => false,
        }
    }
}

#[test]
fn shipped_crates_keep_to_the_policy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let policy = Policy::parse(&std::fs::read_to_string(root.join("deny.toml")).unwrap()).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "fsrace", "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p}|{l}", "--offline", "--locked"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut seen = 0;
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (package, licence) = line.split_once('|').unwrap();
        let name = package.split(' ').next().unwrap();
        // A crate that was shown before ends in a mark.
        let licence = licence.trim_end_matches("(*)").trim();
        assert!(!policy.banned.iter().any(|banned| banned == name), "{name} is banned by deny.toml");
        assert!(policy.allows(licence), "{name}: deny.toml does not allow `{licence}`");
        seen += 1;
    }
    assert!(seen > 3, "cargo named {seen} crates");
}

#[test]
fn licence_expressions_are_read() {
    let policy =
        Policy { licences: vec!["MIT".into(), "Apache-2.0 WITH LLVM-exception".into()], banned: vec![] };
    for good in
        ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR X) AND MIT", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(policy.allows(good), "{good}");
    }
    for bad in ["", "Apache-2.0", "MIT AND LGPL-3.0", "(MIT OR X) AND Y", "MIT MIT", "(MIT"] {
        assert!(!policy.allows(bad), "{bad}");
    }
}
