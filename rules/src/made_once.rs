//! What names say about what the tasks of a process make once and share.

use crate::names::{last, names_of, same_word, words};
use fsrace_analyzer::flow::{Place, PlaceKind};

/// What costs or leaks if it is made twice: it holds something that has to be given up again, or is one that others know.
const COSTLY: &[&str] = &[
    "agent",
    "browser",
    "client",
    "cluster",
    "conn",
    "connection",
    "consumer",
    "database",
    "db",
    "driver",
    "engine",
    "instance",
    "listener",
    "pool",
    "process",
    "producer",
    "redis",
    "sandbox",
    "server",
    "session",
    "socket",
    "subprocess",
    "subscriber",
    "transport",
    "tunnel",
    "websocket",
    "worker",
    "ws",
];

/// What holds others, and says nothing of what they are.
const HOLDERS: &[&str] = &["by", "cache", "dict", "map", "per", "registry", "table"];

/// How a function is called that gets what is written down elsewhere: of that, one is as good as the other.
const READS: &[&str] =
    &["fetch", "find", "list", "load", "lookup", "parse", "query", "read", "retrieve", "search", "select"];

/// How a function is called that hands out what it makes where it is first wanted.
const LAZY: &[&str] = &["acquire", "ensure", "get", "lazy", "maybe", "obtain", "resolve"];

/// How a function is called by which an owner starts something, once.
const START: &[&str] = &[
    "aenter",
    "begin",
    "boot",
    "bootstrap",
    "connect",
    "enter",
    "init",
    "initialise",
    "initialize",
    "launch",
    "lifespan",
    "login",
    "main",
    "open",
    "prepare",
    "restart",
    "run",
    "setup",
    "spawn",
    "start",
    "startup",
];

/// Whether what is kept there costs something by its name: that is what the name ends in (a `session_id` is no session), or before
/// it says what holds several.
pub fn is_costly(place: &Place) -> bool {
    match place.kind() {
        // An entry is named by what it is an entry of.
        PlaceKind::Call { callee, arguments } if &**callee == "[]" => arguments
            .first()
            .is_some_and(|of| names_of(of.kind()).into_iter().any(|name| ends_costly(name, true))),
        kind => names_of(kind).into_iter().any(|name| ends_costly(name, false)),
    }
}

fn ends_costly(name: &str, holds: bool) -> bool {
    let words = words(name);
    let holder = words.iter().position(|word| HOLDERS.contains(&word.as_str())).filter(|_| holds);
    let named = holder.and_then(|at| words.get(..at)).filter(|words| !words.is_empty()).unwrap_or(&words);
    named.last().is_some_and(|word| COSTLY.iter().any(|known| same_word(known, word)))
}

/// Whether what makes the value only gets what is written down elsewhere, by its name.
pub fn is_read(made: &Place) -> bool {
    match made.kind() {
        PlaceKind::Call { callee, .. } => begins_with(callee, READS),
        PlaceKind::Field { base, .. } => is_read(base),
        _ => false,
    }
}

/// Whether the function hands out what it makes, by its name.
pub fn is_lazy(name: &str) -> bool {
    begins_with(name, LAZY)
}

/// Whether an owner calls it to start something, by its name.
pub fn is_start(name: &str) -> bool {
    begins_with(name, START)
}

/// Whether it makes a value, by its name.
pub fn is_constructor(name: &str) -> bool {
    begins_with(name, &["new", "from", "with", "build", "create"])
}

fn begins_with(name: &str, known: &[&str]) -> bool {
    words(last(name)).iter().find(|word| !word.is_empty()).is_some_and(|word| known.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Place {
        Place::parameter(0, "self").field(None, name)
    }

    fn entry(of: &str) -> Place {
        let arguments = vec![field(of), Place::parameter(1, "key")];
        Place::new(PlaceKind::Call { callee: "[]".into(), arguments })
    }

    #[test]
    fn what_costs_is_what_a_name_ends_in() {
        for costly in ["_client", "httpClient", "_connections", "db_pool"] {
            assert!(is_costly(&field(costly)), "{costly}");
        }
        for cheap in ["_session_id", "_client_name", "_redis_enabled", "_token", "_sessions_by_host"] {
            assert!(!is_costly(&field(cheap)), "{cheap}");
        }
        for costly in ["_clients", "_sessions_by_host", "client_cache"] {
            assert!(is_costly(&entry(costly)), "{costly}");
        }
        for cheap in ["_cache", "_tokens", "users_by_id"] {
            assert!(!is_costly(&entry(cheap)), "{cheap}");
        }
    }

    #[test]
    fn names_say_who_starts_and_who_hands_out() {
        assert!(is_lazy("m::Store::_get_pool") && is_lazy("ensureConnected"));
        assert!(is_start("m::Store::__aenter__") && is_start("connect") && !is_start("send"));
    }
}
