//! A rule's page, read by sections and fences.

use fsrace_analyzer::source::LanguageId;

/// A fenced block in a language that is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The section that it stands in.
    pub section: String,
    /// The page's line, from 1, that opens the fence.
    pub fence: usize,
    /// In which language.
    pub language: LanguageId,
    /// What is between the fences.
    pub text: String,
}

/// A page's title, its sections in order, and its code.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// After the first `#`.
    pub title: String,
    /// After each `##`.
    pub sections: Vec<String>,
    /// All of it.
    pub code: Vec<Code>,
}

impl Page {
    /// Reads a page.
    pub fn parse(text: &str) -> Page {
        let mut page = Page::default();
        // Inside a fence: whether it is code.
        let mut fence: Option<bool> = None;
        for (number, line) in text.lines().enumerate() {
            if let Some(language) = line.strip_prefix("```") {
                fence = match fence {
                    Some(_) => None,
                    None => {
                        let language = match language.split(',').next() {
                            Some("rust") => Some(LanguageId::Rust),
                            Some("go") => Some(LanguageId::Go),
                            Some("python") => Some(LanguageId::Python),
                            _ => None,
                        };
                        if let Some(language) = language {
                            let section = page.sections.last().cloned().unwrap_or_default();
                            page.code.push(Code {
                                section,
                                fence: number + 1,
                                language,
                                text: String::new(),
                            });
                        }
                        Some(language.is_some())
                    }
                };
            } else if fence == Some(true) {
                if let Some(code) = page.code.last_mut() {
                    code.text.push_str(line);
                    code.text.push('\n');
                }
            } else if fence.is_none() {
                if let Some(title) = line.strip_prefix("# ") {
                    page.title = title.trim().to_owned();
                } else if let Some(section) = line.strip_prefix("## ") {
                    page.sections.push(section.trim().trim_end_matches('?').to_owned());
                }
            }
        }
        page
    }
}
