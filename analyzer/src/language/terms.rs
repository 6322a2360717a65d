//! What the languages call what rules speak of: a rule says it in the terms of Rust, between backticks.

use crate::source::LanguageId;

/// A text with the terms of the language that the file of this path is in.
pub fn in_terms_of(path: &str, text: &str) -> String {
    let terms = LanguageId::of_path(path).map(terms).unwrap_or_default();
    terms
        .iter()
        .fold(text.to_owned(), |text, (term, own)| text.replace(&format!("`{term}`"), &format!("`{own}`")))
}

/// Terms of Rust that the language has others for.
fn terms(language: LanguageId) -> &'static [(&'static str, &'static str)] {
    match language {
        LanguageId::Rust => &[],
        #[cfg(feature = "go")]
        LanguageId::Go => &[
            ("AlreadyExists", "os.ErrExist"),
            ("NotFound", "os.ErrNotExist"),
            ("create_new", "O_EXCL"),
            ("hard_link", "os.Link"),
            ("tempdir", "os.MkdirTemp"),
            ("tempfile", "os.CreateTemp"),
        ],
        #[cfg(feature = "python")]
        LanguageId::Python => &[
            ("AlreadyExists", "FileExistsError"),
            ("NotFound", "FileNotFoundError"),
            ("create_new", "open(.., \"x\")"),
            ("hard_link", "os.link"),
            ("tempdir", "tempfile.mkdtemp"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::in_terms_of;

    #[test]
    fn terms_are_those_of_the_files_language() {
        let text = "create it with `create_new`, and ignore `AlreadyExists`";
        assert_eq!(in_terms_of("a/b.rs", text), text);
        assert_eq!(in_terms_of("a/b", text), text);
        #[cfg(feature = "go")]
        assert_eq!(in_terms_of("b.go", text), "create it with `O_EXCL`, and ignore `os.ErrExist`");
        #[cfg(feature = "python")]
        assert_eq!(
            in_terms_of("b.py", text),
            "create it with `open(.., \"x\")`, and ignore `FileExistsError`"
        );
    }
}
