//! What names say about what functions do to the process, and when they are called.

use crate::names;
use fsrace_analyzer::flow::{PlaceKind, Value};

/// Whether a function of this name is one that takes a lock, as far as names tell. Who asks whether there is one takes none.
pub(super) fn takes_a_lock(name: &str) -> bool {
    let asks = ["is_", "has_", "can_"].iter().any(|question| name.starts_with(question));
    !asks && name.split('_').any(|word| matches!(word, "lock" | "locked" | "mutex" | "guard"))
}

/// Whether a function of this name is a command of a program, as far as names tell: it says so itself, or the modules or folders do that it is of.
pub(super) fn is_a_command(name: &str) -> bool {
    let (modules, last) = name.rsplit_once("::").unwrap_or(("", name));
    // The last module may be about commands that are run (`utils::command::run`).
    let (above, module) = modules.rsplit_once("::").unwrap_or(("", modules));
    let is_of_commands = |part: &str| matches!(part, "cli" | "cmd" | "commands" | "subcommands");
    last.starts_with("cmd_")
        || is_of_commands(module)
        || modules.split("::").next().is_some_and(|path| path.split('/').skip(1).any(is_of_commands))
        || above.split("::").skip(1).any(|part| is_of_commands(part) || part == "command")
}

/// Whether a value of this type is what a library of command lines hands to the code of one of its commands.
pub(super) fn is_of_a_command_line(type_name: &str) -> bool {
    let (module, last) = type_name.rsplit_once("::").unwrap_or(("", type_name));
    let mut parts = module.split([':', '/', '.']);
    match last {
        // That of a process is one that is run.
        "Command" => !parts.any(|part| part == "process"),
        "ArgMatches" | "ParseContext" => true,
        "Context" => parts.any(|part| matches!(part, "cli" | "click" | "typer")),
        _ => false,
    }
}

/// Whether an API of this name, which runs a program, puts it in the place of this one (execve(2)).
pub(super) fn replaces_the_process(api: &str) -> bool {
    const NAMES: [&str; 8] = ["exec", "execv", "execve", "execl", "execle", "execlp", "execvp", "execvpe"];
    let last = names::last(api).rsplit('.').next().unwrap_or_default();
    NAMES.iter().any(|name| last.eq_ignore_ascii_case(name))
}

/// Whether a function of this qualified name does nothing but give back a lock, as far as names tell.
pub(super) fn gives_back_a_lock(name: &str) -> bool {
    const VERB: &str = "unlock";
    // Every call comes here, and few end so.
    let end = name.len().checked_sub(VERB.len()).and_then(|at| name.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(VERB))
        && names::last(name).trim_start_matches('_').len() == VERB.len()
}

/// Whether the call gives the thread a working directory and a mask of its own (unshare(2)): a mount namespace brings these along.
pub(super) fn parts_from_the_process(name: &str, arguments: &[Value]) -> bool {
    let tells = |kind: &PlaceKind| match kind {
        PlaceKind::Constant(name) => name.ends_with("CLONE_FS") || name.ends_with("CLONE_NEWNS"),
        _ => false,
    };
    name.rsplit([':', '.', '/']).any(|part| part.eq_ignore_ascii_case("unshare"))
        && arguments
            .iter()
            .any(|given| matches!(given, Value::Place(flags) if flags.any(&mut |kind| tells(kind))))
}

/// Whether a function of this name is called where a program begins, as far as names tell.
pub(super) fn begins(name: &str) -> bool {
    const WORDS: [&str; 12] = [
        "bootstrap",
        "configure",
        "dispatch",
        "entry",
        "execute",
        "init",
        "initialize",
        "main",
        "run",
        "setup",
        "start",
        "startup",
    ];
    // `_run` is what others of its class call, and not who begins.
    name.split('_').next().is_some_and(|word| WORDS.contains(&word)) || sets_up(name)
}

/// Whether a function of this name is called for nothing but a program's beginning: much is run and started later.
pub(super) fn sets_up(name: &str) -> bool {
    name.split('_').any(|word| ["bootstrap", "init", "initialize", "main", "setup"].contains(&word))
}
