use super::*;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item};

/// What is left without tests, with the cut parts shown as they are: blank.
fn left(text: &str) -> String {
    let left = trimmed(text, Tests::LeftOut).into_owned();
    assert!(left.len() <= text.len());
    for (kept, was) in left.bytes().zip(text.bytes()) {
        assert!(kept == was || kept == b' ', "offsets moved in {text:?}");
    }
    left.trim_end().to_owned()
}

#[test]
fn modules_under_cfg_test_are_cut_and_nothing_moves() {
    assert_eq!(left("fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\n"), "fn a() {}");
    assert_eq!(left("#[cfg(test)] mod t { }\nfn a() {}"), "                      \nfn a() {}");
    assert_eq!(left("/// d\n#[cfg( test )]\n#[allow(x)] // c\npub(crate) mod t {{}}"), "");
    assert_eq!(left("#![cfg(test)]\nfn a() {}"), "#![cfg(test)]\nfn a() {}");
    assert_eq!(left("#[cfg(all(test, unix))] mod t { } const A: u8 = 1;").trim_start(), "const A: u8 = 1;");
}

#[test]
fn what_may_be_there_without_tests_stays() {
    for text in [
        "mod tests { }",
        "#[cfg(test)] mod tests;",
        "#[cfg(not(test))] mod a { }",
        "#[cfg(any(test, feature = \"x\"))] mod a { }",
        "#[cfg(all(not(test)))] mod a { }",
        "#[cfg_attr(test, a)] mod a { }",
        "#[cfg(test)] fn a() {} mod b { }",
        "#[cfg(test)] use a::b; mod c { }",
        "m! { #[cfg(test)] mod a { } }",
        "mod a { #[cfg(test)] mod b { } }",
        "const A: &str = \"#[cfg(test)] mod a { }\";",
        "// #[cfg(test)]\nmod a { }",
        "/* #[cfg(test)] */ mod a { }",
    ] {
        assert_eq!(left(text), text);
    }
}

#[test]
fn documentation_goes_and_nothing_moves() {
    let trim = |text| trimmed(text, Tests::Read).into_owned();
    assert_eq!(trim("//! a\nfn a() {}"), "     \nfn a() {}");
    assert_eq!(trim("impl A { /// it's \"\n fn a() {} }"), "impl A {           \n fn a() {} }");
    assert_eq!(trim("/** a */ fn a() { /*! b */ }"), "         fn a() {          }");
    assert_eq!(trim("/// a\n#[cfg(test)] mod t { /// b\n }"), "     \n#[cfg(test)] mod t {      \n }");
    for text in ["//// a\nfn a() {}", "/*** a */ fn a() {}", "/**/ fn a() {}", "fn a() { \"/// a\" }"] {
        assert_eq!(trim(text), text);
    }
}

#[test]
fn what_is_not_understood_stays() {
    for text in [
        "#[cfg(test)] mod a { \"unclosed }",
        "#[cfg(test)] mod a { r#\"unclosed\" }",
        "#[cfg(test)] mod a { /* unclosed }",
        "#[cfg(test)] mod a { ( }",
        "#[cfg(test)] mod a { } }",
        "#[cfg(test)] mod a { x\"y\" }",
        "#[cfg(test)] mod a { r#r\"y\" }",
        "#[cfg(test)] mod a { x'y' }",
        "#[cfg(test)] mod r#a { }",
        "#[cfg(test)] mod a { ''' }",
        "#[cfg(test)] mod a b { }",
        "#[cfg(test)] mod a",
        "#[cfg(test)",
        "#",
        "---\n\"\n---\n#[cfg(test)] mod a { }",
    ] {
        assert_eq!(left(text), text);
    }
    let deep = format!("#[cfg(test)] mod a {}{}", "{".repeat(300), "}".repeat(300));
    assert_eq!(left(&deep), deep);
}

/// Pieces of source that have what a careless scanner trips over: quotes, brackets and module heads where they mean nothing.
const ITEMS: &[&str] = &[
    "fn a() { let c = '{'; let d = '\\''; let s = \"}\\\"{\"; }\n",
    "fn b<'a>(x: &'a str) -> &'a str { 'outer: loop { break 'outer; } x }\n",
    "const R: &str = r#\"mod tests { \" } /* \"#;\n",
    "const Q: &[u8] = br##\"#[cfg(test)] mod x { \"# } \"##;\n",
    "const B: u8 = b'\\'';\nconst C: u8 = b'\"';\nconst D: char = '\\u{7d}';\n",
    "// it's a \"comment {\n",
    "/* nested /* } */ \" */\n",
    "#[derive(Debug)] struct S { a: u8 }\n",
    "#[doc = \"] {\"] pub enum E { A = 1, B }\n",
    "static T: [u8; { 1 + 1 }] = [0; 2];\n",
    "macro_rules! m { ($l:lifetime) => { mod tests { #[cfg(test)] mod y {} } }; }\n",
    "m! { 'a }\n",
    "impl S { fn r#mod() -> u8 { 1u8 } }\n",
    "pub(in crate::x) mod kept { pub fn f() {} }\n",
    "mod tests { fn also_kept() {} }\n",
    "const F: f64 = 1.5e-3;\nconst É: &str = \"é}\";\n",
    "/// }\n/** { */ fn g() { /// '\n fn h() {} }\n",
    "trait U { /// \"\n #[doc(hidden)] fn u(); /*! ( */ }\n",
    "#[cfg(test)]\nmod t1 { const S: &str = \"}\"; const C: char = '}'; /* } */ }\n",
    "/// It's documented.\n#[cfg(test)]\n#[allow(dead_code)]\npub(crate) mod t2 { fn f<'a>(_: &'a u8) {} }\n",
    "#[cfg(all(test, feature = \"}\"))] mod t3 { const R: &str = r##\"\"# }\"##; }\n",
    "#[cfg(test)] mod t4;\n",
    "#[cfg(test)] fn t5() {}\n",
];

/// Pieces that most often make no valid source.
const BROKEN: &[&str] = &[
    "//! }\n",
    "/** } */",
    "m!(' );\n",
    "\"",
    "'",
    "{",
    "}",
    "r#\"",
    "*/",
    "/*",
    "#[",
    "]",
    "mod x {",
    "#[cfg(test)]",
    "\\",
    "é",
];

/// The tokens without documentation.
fn undocumented(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for tree in tokens {
        let TokenTree::Group(group) = tree else {
            out.push(tree);
            continue;
        };
        let mut inner = group.stream().into_iter();
        let is_doc = group.delimiter() == Delimiter::Bracket
            && inner.next().is_some_and(|t| t.to_string() == "doc")
            && inner.next().is_some_and(|t| t.to_string() == "=");
        if is_doc {
            while out.last().is_some_and(|t| matches!(t, TokenTree::Punct(p) if "#!".contains(p.as_char()))) {
                out.pop();
            }
        } else {
            out.push(Group::new(group.delimiter(), undocumented(group.stream())).into());
        }
    }
    out.into_iter().collect()
}

/// The items as tokens, those that the filter is meant to cut left out.
fn items(text: &str) -> Option<Vec<String>> {
    let file = syn::parse_file(text).ok()?;
    let cut = |item: &Item| match item {
        Item::Mod(m) => m.content.is_some() && m.attrs.iter().any(|a| is_in_tests_only(&attribute_text(a))),
        _ => false,
    };
    Some(
        file.items
            .iter()
            .filter(|i| !cut(i))
            .map(|i| undocumented(i.to_token_stream()).to_string())
            .collect(),
    )
}

fn attribute_text(attribute: &Attribute) -> String {
    attribute.meta.to_token_stream().to_string()
}

#[test]
fn of_any_text_that_parses_only_test_modules_go() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap_or(0)
    };
    let (mut parsed, mut cut) = (0, 0);
    for round in 0..6_000 {
        let mut text = String::new();
        for _ in 0..=random(6) {
            // Two in three texts are made of whole items, some of the others are broken.
            let pieces = if round % 3 == 0 && random(4) == 0 { BROKEN } else { ITEMS };
            text.push_str(pieces[random(pieces.len())]);
        }
        if round % 7 == 0 {
            let mut at = random(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.truncate(at);
        }
        let kept = left(&text);
        let Some(before) = items(&text) else { continue };
        parsed += 1;
        cut += usize::from(kept.len() < text.trim_end().len());
        let after = items(&kept);
        assert_eq!(Some(before), after, "{text}\n--- became ---\n{kept}");
    }
    assert!(parsed > 2_000 && cut > 500, "{parsed} texts parsed, of {cut} something was cut");
}
