//! Places as people would write them. The analyzer's own text form tells all places apart; this one is for reading.

use fsrace_analyzer::flow::{Place, PlaceKind, Root, Uniqueness};

/// Deeper parts of a place are left out: nobody reads that far.
const DEEPEST: usize = 12;

/// The place in words: `dir/settings.json`, `~/.cache`, `log-{n}.txt`.
pub fn place(place: &Place) -> String {
    write(place, DEEPEST)
}

fn write(place: &Place, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else { return "..".to_owned() };
    let sub = |p: &Place| write(p, depth);
    match place.kind() {
        PlaceKind::Parameter { name, .. } => name.to_string(),
        PlaceKind::Literal(text) => text.to_string(),
        PlaceKind::Constant(name) => last_segment(name).to_owned(),
        PlaceKind::Root(root) => root_name(*root).to_owned(),
        PlaceKind::Environment(name) => format!("${name}"),
        PlaceKind::Field { base, name, .. } => format!("{}.{name}", sub(base)),
        PlaceKind::Call { callee, arguments } if &**callee == "[]" => match arguments.as_slice() {
            [of, key] => format!("{}[{}]", sub(of), sub(key)),
            _ => "..".to_owned(),
        },
        PlaceKind::Call { callee, arguments } => {
            let arguments: Vec<String> = arguments.iter().map(sub).collect();
            format!("{}({})", last_segment(callee), arguments.join(", "))
        }
        PlaceKind::Result(_) => "what was opened".to_owned(),
        PlaceKind::Join(a, b) => format!("{}/{}", sub(a), sub(b)),
        PlaceKind::Parent(p) => format!("parent({})", sub(p)),
        PlaceKind::FileName(p) => format!("file_name({})", sub(p)),
        PlaceKind::Stem(p) => format!("file_stem({})", sub(p)),
        PlaceKind::WithFileName(p, n) => format!("{}.with_file_name({})", sub(p), sub(n)),
        PlaceKind::WithExtension(p, n) => format!("{}.with_extension({})", sub(p), sub(n)),
        PlaceKind::Concat(parts) => {
            let part = |p: &Place| match p.kind() {
                PlaceKind::Literal(text) => text.to_string(),
                _ => format!("{{{}}}", sub(p)),
            };
            parts.iter().map(part).collect()
        }
        PlaceKind::Unique(kind, _) => match kind {
            Uniqueness::Random => "<random>",
            Uniqueness::Process => "<process id>",
            Uniqueness::Time | Uniqueness::Instant => "<time>",
            Uniqueness::Counter => "<counter>",
        }
        .to_owned(),
        PlaceKind::Private(_) => "<private>".to_owned(),
        PlaceKind::Opaque { name, .. } if name.is_empty() => "_".to_owned(),
        PlaceKind::Opaque { name, .. } => name.to_string(),
    }
}

fn last_segment(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

fn root_name(root: Root) -> &'static str {
    match root {
        Root::Home => "~",
        Root::Cache => "<cache>",
        Root::Config => "<config>",
        Root::Data => "<data>",
        Root::State => "<state>",
        Root::Runtime => "<runtime>",
        Root::Temp => "<temp>",
        Root::Working => ".",
        Root::Executable => "<executable>",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_like_paths() {
        let home = Place::new(PlaceKind::Root(Root::Home));
        assert_eq!(place(&home.join(&Place::literal("a/b"))), "~/a/b");
        let name = Place::new(PlaceKind::Concat(vec![Place::literal("log-"), Place::opaque(3, "n")]));
        assert_eq!(place(&Place::parameter(0, "self").field(None, "dir").join(&name)), "self.dir/log-{n}");
        let call = PlaceKind::Call { callee: "a::b::path".into(), arguments: vec![Place::opaque(1, "")] };
        assert_eq!(place(&Place::new(call)), "path(_)");
    }

    #[test]
    fn deep_places_end() {
        let deep = (0..900).fold(Place::literal("x"), |p, _| p.field(None, "f"));
        assert!(place(&deep).starts_with("..."));
    }
}
