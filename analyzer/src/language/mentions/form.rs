//! How a function is called where it is: on a value or not, and with how many arguments. What has its name and another form is another's.

use crate::source::LanguageId;

/// How a function is called, as far as its declaration tells.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    language: LanguageId,
    /// Whether it is called on a value.
    on_value: bool,
    /// Whether it is one of a type's.
    of_type: bool,
    /// With how many arguments, the value that it is called on aside: at least, and at most where that is known.
    arguments: (usize, Option<usize>),
}

/// A text in which a name is met.
#[derive(Clone, Copy, Debug)]
pub struct Met<'t> {
    /// Its language, if it is one that is read.
    pub language: Option<LanguageId>,
    /// Where it lies.
    pub path: &'t str,
    /// The text.
    pub text: &'t str,
    /// Whether it declares the function.
    pub own: bool,
    /// Whether it lies in the same folder as the one that does.
    pub beside: bool,
}

impl Form {
    /// The form of the function whose name ends there in the text that declares it.
    pub fn of(language: LanguageId, declared: Option<(&str, usize)>, on_value: bool, of_type: bool) -> Self {
        let counted = declared.and_then(|(text, end)| counted(language, text, end, on_value));
        Form { language, on_value, of_type, arguments: counted.unwrap_or((0, None)) }
    }

    /// Whether the name that stands there may be this function's.
    pub fn fits(&self, met: Met<'_>, at: usize, end: usize) -> bool {
        let (Some(before), Some(after)) = (met.text.get(..at), met.text.get(end..)) else { return true };
        if met.language != Some(self.language) {
            return met.language.is_some() || self.is_told(met, at, end, (before, after));
        }
        let lead = before.trim_end();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let is_qualified = lead.ends_with("::");
        let is_selected = lead.ends_with('.') && !lead.ends_with("..");
        let is_here = match self.language {
            // What a macro is handed it may put anywhere.
            LanguageId::Rust if self.on_value => {
                let is_listed = line.trim().is_empty() && after.starts_with([',', ';', '\n', ' ']);
                is_selected || is_qualified || is_listed || line.contains(['!', '$'])
            }
            LanguageId::Rust => !is_selected,
            #[cfg(feature = "go")]
            LanguageId::Go => {
                (met.beside || is_exported(met, at, end))
                    && match self.on_value {
                        true => is_selected && !is_of_package(met.text, lead),
                        false => !is_selected || !(lead.ends_with(").") || lead.ends_with("].")),
                    }
            }
            // A class may have a method go by further names.
            #[cfg(feature = "python")]
            LanguageId::Python => !self.of_type || met.own || is_selected || lead.ends_with(['"', '\'']),
        };
        is_here && after.strip_prefix('(').is_none_or(|rest| self.takes(rest, lead))
    }

    /// Whether it may be called with what stands behind the parenthesis, where the name stands behind `lead`.
    fn takes(&self, rest: &str, lead: &str) -> bool {
        let Some(given) = parts(rest, Angles::Unknown) else { return true };
        let given = given.as_slice();
        let (least, most) = self.arguments;
        let within =
            |more: usize| given.len() >= least + more && most.is_none_or(|most| given.len() <= most + more);
        match self.language {
            // By the name of its type, a method is handed the value too.
            LanguageId::Rust => within(usize::from(self.on_value && lead.ends_with("::"))),
            #[cfg(feature = "go")]
            LanguageId::Go => {
                let last = given.last().is_some_and(|last| last.ends_with("..."));
                // A call that is the only argument hands on all that it returns.
                let handed_on = matches!(given, [one] if one.ends_with(')'));
                last || handed_on || within(0) || (self.on_value && lead.ends_with(").") && within(1))
            }
            #[cfg(feature = "python")]
            LanguageId::Python => {
                given.iter().any(|one| one.starts_with('*')) || within(0) || (self.on_value && within(1))
            }
        }
    }

    /// Whether a text that is no code which is read may mean the function: prose calls no method, and has common words of its own. What
    /// a tool has pinned are names of packages.
    fn is_told(&self, met: Met<'_>, at: usize, end: usize, (before, after): (&str, &str)) -> bool {
        const PINNED: [&str; 3] = [".lock", "-lock.json", "-lock.yaml"];
        const PROSE: [&str; 5] = [".adoc", ".md", ".mdx", ".rst", ".txt"];
        let is_one_of = |extensions: &[&str]| extensions.iter().any(|of| met.path.ends_with(of));
        let (is_told_of, on_values) = match self.language {
            LanguageId::Rust => (true, false),
            #[cfg(feature = "go")]
            LanguageId::Go => (is_exported(met, at, end), false),
            #[cfg(feature = "python")]
            LanguageId::Python => (true, true),
        };
        let _ = (at, end);
        let is_code =
            before.ends_with(['.', ':', '#', '`', '"', '\'']) || after.starts_with(['(', '`', '"', '\'']);
        is_told_of
            && !is_one_of(&PINNED)
            && (!is_one_of(&PROSE) || (is_code && (on_values || !self.on_value)))
    }
}

/// Whether packages beside the function's own may name it.
#[cfg(feature = "go")]
fn is_exported(met: Met<'_>, at: usize, end: usize) -> bool {
    met.text.get(at..end).is_some_and(|name| name.starts_with(char::is_uppercase))
}

/// Whether what stands before the point is a package that the text imports, and no variable of that name that the function has so far.
#[cfg(feature = "go")]
fn is_of_package(text: &str, lead: &str) -> bool {
    let joins = |c: char| c == '_' || c.is_alphanumeric();
    let Some(value) = lead.strip_suffix('.') else { return false };
    let rest = value.trim_end_matches(joins);
    let name = value.get(rest.len()..).unwrap_or_default();
    let is_imported = || {
        [format!("/{name}\""), format!("\"{name}\""), format!("\t{name} \"")]
            .iter()
            .any(|of| text.contains(of))
    };
    if name.is_empty() || rest.ends_with('.') || !is_imported() {
        return false;
    }
    let within = rest.rfind("\nfunc ").and_then(|begin| rest.get(begin..)).unwrap_or(rest);
    // The statement itself names what it sets only once it is through.
    let within = within.rfind('\n').and_then(|line| within.get(..line)).unwrap_or_default();
    let is_variable = |at: usize| {
        let (before, after) = (within.get(..at), within.get(at + name.len()..));
        !before.is_some_and(|before| before.ends_with(|c| c == '.' || joins(c)))
            && !after.is_some_and(|after| after.starts_with(|c| c == '.' || joins(c)))
    };
    !within.match_indices(name).any(|(at, _)| is_variable(at))
}

/// What angle brackets mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Angles {
    /// They hold types.
    Types,
    /// They may, or compare, and bars may hold what a closure takes.
    Unknown,
}

/// How many arguments the function takes whose name ends there, the value that it is called on aside.
fn counted(language: LanguageId, text: &str, end: usize, on_value: bool) -> Option<(usize, Option<usize>)> {
    let mut rest = text.get(end..)?.trim_start();
    if rest.starts_with(['<', '[']) {
        let close = closing(rest)?;
        rest = rest.get(close + 1..)?.trim_start();
    }
    let declared = parts(rest.strip_prefix('(')?, Angles::Types)?;
    match language {
        LanguageId::Rust => {
            let taken = declared.len().checked_sub(usize::from(on_value))?;
            Some((taken, Some(taken)))
        }
        #[cfg(feature = "go")]
        LanguageId::Go => {
            let taken = declared.len();
            match declared.last().is_some_and(|last| last.contains("...")) {
                true => Some((taken.saturating_sub(1), None)),
                false => Some((taken, Some(taken))),
            }
        }
        #[cfg(feature = "python")]
        LanguageId::Python => {
            // What decorates a function may give it arguments, or take some.
            let line = text.get(..end)?.rfind('\n')?;
            let above = text.get(..line)?.trim_end().rsplit('\n').next()?.trim_start();
            if above.starts_with(['@', ')']) {
                return None;
            }
            let named = || declared.iter().filter(|one| !matches!(**one, "*" | "/"));
            let taken = named().count().checked_sub(usize::from(on_value))?;
            let is_rest = |one: &&str| one.starts_with('*');
            let left_out = named().filter(|one| one.contains('=') || is_rest(one)).count();
            Some((taken.saturating_sub(left_out), (!named().any(is_rest)).then_some(taken)))
        }
    }
}

/// Where the bracket closes that the text begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'[' | b'(' => depth += 1,
            b'>' if at.checked_sub(1).and_then(|before| text.as_bytes().get(before)) == Some(&b'-') => {}
            b'>' | b']' | b')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// What commas part up to the closing parenthesis; none where that cannot be told at a glance.
fn parts(text: &str, angles: Angles) -> Option<Vec<&str>> {
    /// More is no list of arguments.
    const LONGEST: usize = 4_000;
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut depth, mut start, mut at) = (0usize, 0, 0);
    while at < LONGEST {
        let byte = *bytes.get(at)?;
        let next = bytes.get(at + 1).copied();
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                let last = text.get(start..at)?.trim();
                found.extend((!last.is_empty()).then_some(last));
                return Some(found);
            }
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                found.push(text.get(start..at)?.trim());
                start = at + 1;
            }
            b'"' | b'`' => at = past_text(bytes, at)?,
            // A lifetime, or a character that is no quote.
            b'\'' => {
                let is_lifetime = next.is_some_and(|c| c == b'_' || c.is_ascii_alphabetic())
                    && bytes.get(at + 2) != Some(&b'\'')
                    && angles == Angles::Types;
                if !is_lifetime {
                    at = past_text(bytes, at)?;
                }
            }
            b'/' if matches!(next, Some(b'/' | b'*')) => return None,
            b'#' => return None,
            b'<' if angles == Angles::Types => depth += 1,
            b'-' | b'=' if next == Some(b'>') => at += 1,
            b'>' if angles == Angles::Types => depth = depth.checked_sub(1)?,
            b'<' | b'|' if depth == 0 => return None,
            b'l' if depth == 0 && text.get(at..).is_some_and(|rest| rest.starts_with("lambda")) => {
                return None;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the text ends that begins there; none where it goes over several lines.
fn past_text(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = *bytes.get(start)?;
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if quote != b'`' => at += 1,
            b'\n' => return None,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the first `save` that stands behind `declared` may be what that declares.
    fn may_be(language: LanguageId, declared: &str, methods: bool, used: &str) -> bool {
        let end = declared.find("save").unwrap_or_default() + "save".len();
        let form = Form::of(language, Some((declared, end)), methods, methods);
        let at = used.find("save").unwrap_or_default();
        let met = Met { language: Some(language), path: "x", text: used, own: false, beside: true };
        form.fits(met, at, at + "save".len())
    }

    #[test]
    fn a_call_of_another_form_is_anothers() {
        let method = "    pub fn save<T: Into<A, B>>(&self, map: HashMap<String, T>, f: fn(u8) -> u8) -> X {";
        let free = "fn save(data: &'static str) {";
        for (declared, methods, used, expected) in [
            (method, true, "store.save(a, b)", true),
            (method, true, "store\n    .save(a, vec![1, 2],)", true),
            (method, true, "Store::save(&store, a, b)", true),
            (method, true, "store.map(Store::save)", true),
            (method, true, "forward!(save)", true),
            (method, true, "store.save(a, |b, c| b)", true),
            (method, true, "store.save()", false),
            (method, true, "store.save(\"a, b\")", false),
            (method, true, "Store::save(a, b)", false),
            (method, true, "let save = 1;", false),
            (method, true, "save(a, b)", false),
            (free, false, "save(a)", true),
            (free, false, "disk::save(',')", true),
            (free, false, "each(save)", true),
            (free, false, "store.save(a)", false),
            (free, false, "save()", false),
        ] {
            assert_eq!(may_be(LanguageId::Rust, declared, methods, used), expected, "{used}");
        }
    }

    #[test]
    #[cfg(feature = "go")]
    fn in_go_too() {
        let method = "func (s *Store) save(a, b string, rest ...int) error {";
        for (used, expected) in [
            ("s.save(a, b)", true),
            ("s.save(a, b, 1, 2)", true),
            ("s.save(pair())", true),
            ("s.save(all...)", true),
            ("(*Store).save(s, a, b)", true),
            ("f := s.save", true),
            ("s.save(a)", false),
            ("save(a, b)", false),
            ("\tsave(a, b string, rest ...int) error", false),
            ("import \"x/disk\"\n\nfunc f() {\n\tdisk := disk.save(a, b)\n}", false),
            ("import \"x/disk\"\n\nfunc f(disk *Store) {\n\tdisk.save(a, b)\n}", true),
            ("import \"x/disk\"\n\nfunc f(\n\tdisk *Store,\n) {\n\tdisk.save(a, b)\n}", true),
        ] {
            assert_eq!(may_be(LanguageId::Go, method, true, used), expected, "{used}");
        }
        let free = "func save() {";
        assert!(may_be(LanguageId::Go, free, false, "go save()"));
        assert!(!may_be(LanguageId::Go, free, false, "save(a)"));
        assert!(!may_be(LanguageId::Go, free, false, "f().save()"));
    }

    #[test]
    #[cfg(feature = "python")]
    fn in_python_too() {
        let method = "class Store:\n    def save(self, data, mode=1, *, sure=False):";
        for (used, expected) in [
            ("store.save(data)", true),
            ("store.save(data, 2, sure=True)", true),
            ("Store.save(store, data)", true),
            ("store.save(*all)", true),
            ("getattr(store, 'save')(data)", true),
            ("store.save()", false),
            ("store.save(1, 2, 3, 4, 5)", false),
            ("save(data)", false),
            ("save = data", false),
        ] {
            assert_eq!(may_be(LanguageId::Python, method, true, used), expected, "{used}");
        }
        // What decorates it may hand it more.
        assert!(may_be(LanguageId::Python, "\n@locked\ndef save(lock, data):", false, "save(data)"));
    }
}
