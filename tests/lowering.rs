//! The flow summaries of `tests/lowering/<language>/`, in their text form.

#![expect(clippy::expect_used, reason = "a test that cannot read its fixtures has failed")]

use fsrace_analyzer::source::{LanguageId, SourceFile};
use std::path::Path;

fn summaries(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("fixtures are readable");
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let language = LanguageId::of_path(&name).unwrap_or(LanguageId::Rust);
    let file = SourceFile { path: format!("src/{name}"), text, language, package: None };
    let summary = fsrace_analyzer::lower(&file);
    assert!(summary.errors.is_empty(), "{name}: {:?}", summary.errors);
    summary.functions.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn lowers_as_the_snapshots_say(language: &str, extension: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lowering").join(language);
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok) {
        if entry.path().extension().is_some_and(|e| e == extension) {
            let name = entry.path().file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            insta::assert_snapshot!(format!("{language}_{name}"), summaries(entry.path()));
            seen += 1;
        }
    }
    assert!(seen >= 6, "only {seen} fixtures");
}

#[test]
fn rust_lowers_as_the_snapshots_say() {
    lowers_as_the_snapshots_say("rust", "rs");
}

#[test]
fn go_lowers_as_the_snapshots_say() {
    lowers_as_the_snapshots_say("go", "go");
}

#[test]
fn python_lowers_as_the_snapshots_say() {
    lowers_as_the_snapshots_say("python", "py");
}

/// No text may make the frontend panic, hang or overflow its stack; threads are as large as the command line's.
#[test]
fn hostile_texts_are_refused_or_lowered() {
    let repeated = |unit: &str| unit.repeat(100_000);
    let mut texts = vec![
        String::new(),
        "\u{feff}fn f() { std::fs::write(\"a\", \"b\").unwrap(); }".to_owned(),
        "fn f() {".to_owned(),
        "fn f() { \u{0} }".to_owned(),
        format!("fn f() {}{}", "{".repeat(100_000), "}".repeat(100_000)),
        format!("fn f() {{ let x = {}1; }}", "!".repeat(100_000)),
        format!("fn f(x: {}u8) {{}}", repeated("&")),
        format!("fn f() {{ x{}; }}", ".y()".repeat(20_000)),
        format!("fn f() {{ {} }}", "if a { b } else ".repeat(5_000)),
    ];
    for chain in [
        "a = ", "a += ", "|| ", "move || ", "return ", "break ", "&mut ", "a::", "fn() -> ", "x @ ",
        "*const ",
    ] {
        texts.push(format!("fn f() {{ let x = {}1; }}", repeated(chain)));
        texts.push(format!("fn f(x: {}u8) {{}}", repeated(chain)));
    }
    // What is decided by all that was decided before would be twice as much at every step.
    let asked = (0..200).map(|at| format!("if p == \"{at}\" {{ if !found {{ found = true; }} }}\n"));
    let asked: String = asked.collect();
    let removes = "std::fs::remove_file(p)";
    texts.push(format!("fn f(p: &str) {{ let mut found = false; {asked} if !found {{ {removes}; }} }}"));
    let folded = format!("ok = (ok || {removes}.is_ok()) && (ok || b);\n").repeat(200);
    texts.push(format!("fn f(p: &str, b: bool) {{ let mut ok = b; {folded} if ok {{ {removes}; }} }}"));
    let chained = format!("let ok = ok.and_then(|_| {removes}).or_else(|_| ok);\n").repeat(200);
    texts.push(format!("fn f(p: &str) {{ let ok = {removes}; {chained} ok.unwrap(); }}"));
    let worker = std::thread::Builder::new().stack_size(256 << 20).spawn(move || {
        for text in texts {
            let file =
                SourceFile { path: "a.rs".to_owned(), text, language: LanguageId::Rust, package: None };
            drop(fsrace_analyzer::lower(&file));
        }
    });
    worker.expect("a thread can be started").join().expect("nothing panics");
}

/// The same for Go, whose parser recovers from errors and never recurses; what walks its trees must not either.
#[test]
fn hostile_go_is_refused_or_lowered() {
    let body = |text: String| format!("package a\n\nfunc f(p string) error {{\n{text}\n}}\n");
    let mut texts = vec![
        String::new(),
        "\u{feff}package a\n".to_owned(),
        "package".to_owned(),
        "func f() {".to_owned(),
        body("\u{0}".to_owned()),
        body(format!("{}{}", "{".repeat(50_000), "}".repeat(50_000))),
        body(format!("x := {}1", "!".repeat(50_000))),
        body(format!("x := {}1{}", "(".repeat(20_000), ")".repeat(20_000))),
        body(format!("x{}", ".y()".repeat(20_000))),
        body(format!("x := \"a\"{}", " + \"b\"".repeat(20_000))),
        body(format!("{}{{}}", "if a { } else ".repeat(5_000))),
        body(format!("{}os.Remove(p){}", "defer func() { ".repeat(200), " }()".repeat(200))),
        body(format!("g := func() {{ {} }}", "g(); ".repeat(5_000))),
        body(format!("switch p {{ {} }}", "case p: os.Remove(p); ".repeat(5_000))),
        format!("package a\nvar x = []int{{{}}}\n", "1, ".repeat(100_000)),
        format!("package a\nfunc f(x {}int) {{}}\n", "*".repeat(50_000)),
    ];
    // Each closure calls the one before it twice.
    let mut closures = "g0 := func() { os.Remove(p) }\n".to_owned();
    for at in 1..40 {
        let before = at - 1;
        closures.push_str(&format!("g{at} := func() {{ g{before}(); g{before}() }}\n"));
    }
    texts.push(body(format!("{closures}g39()")));
    // What is decided by all that was decided before would be twice as much at every step.
    let asked = (0..200).map(|at| format!("if p == \"{at}\" {{ if !found {{ found = true }} }}\n"));
    let asked: String = asked.collect();
    texts.push(body(format!("found := false\n{asked}if !found {{ os.Remove(p) }}\nreturn nil")));
    let folded = "ok = (ok || os.Remove(p) == nil) && (ok || b)\n".repeat(200);
    texts
        .push(body(format!("ok, b := len(p) > 1, len(p) > 2\n{folded}if ok {{ os.Remove(p) }}\nreturn nil")));
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        for text in texts {
            let file = SourceFile { path: "a.go".to_owned(), text, language: LanguageId::Go, package: None };
            drop(fsrace_analyzer::lower(&file));
        }
    });
    worker.expect("a thread can be started").join().expect("nothing panics");
}

/// The same for Python, whose parser recovers from errors too.
#[test]
fn hostile_python_is_refused_or_lowered() {
    let body = |text: String| format!("import os\n\ndef f(p):\n{text}\n");
    let line = |text: String| body(format!("    {text}"));
    let mut texts = vec![
        String::new(),
        "\u{feff}import os\n".to_owned(),
        "def".to_owned(),
        "def f(:".to_owned(),
        "print 'a'\nexcept IOError, e:\n".to_owned(),
        line("\u{0}".to_owned()),
        line("x = f\"{p!r:>{p}}\" f'{f\"{p}\"}'".to_owned()),
        line(format!("x = {}1{}", "[".repeat(50_000), "]".repeat(50_000))),
        line(format!("x = {}1{}", "f(".repeat(150), ")".repeat(150))),
        line(format!("x{}", ".y()".repeat(20_000))),
        line(format!("x{}", ".y".repeat(2_900))),
        line(format!("x = 'a'{}", " + 'b'".repeat(20_000))),
        line(format!("x = p{}", " + p".repeat(2_900))),
        line(format!("x = {}", "p if p else ".repeat(900) + "p")),
        line(format!("x = {}p", "lambda: ".repeat(1_400))),
        line(format!("x = {}os.remove(p){}", "(lambda: ".repeat(190), ")()".repeat(190))),
        body(format!("    if p: pass\n{}", "    elif p: os.remove(p)\n".repeat(5_000))),
        body("    try: os.remove(p)\n    except OSError: pass\n".repeat(3_000)),
        body(format!("    try: os.remove(p)\n{}", "    except KeyError: os.mkdir(p)\n".repeat(3_000))),
        format!("x = [{}]\n", "1, ".repeat(100_000)),
        format!("x = {{{}}}\n", "'a': 1, ".repeat(50_000)),
        format!("def f({}): pass\n", "a, ".repeat(20_000)),
        format!("class A(B):\n{}", "    def f(self): return self.f()\n".repeat(5_000)),
    ];
    for head in ["if p:", "for x in p:", "while p:", "try:", "with p:", "def g():", "class A:"] {
        let mut nested = String::from("import os\n");
        for depth in 0..150 {
            nested.push_str(&format!("{}{head}\n", " ".repeat(depth)));
        }
        nested.push_str(&format!("{}os.remove(p)\n", " ".repeat(150)));
        texts.push(nested);
    }
    // Each function calls the one before it twice.
    let mut closures = "    def g0(): os.remove(p)\n".to_owned();
    for at in 1..40 {
        let before = at - 1;
        closures.push_str(&format!("    def g{at}():\n        g{before}()\n        g{before}()\n"));
    }
    texts.push(body(format!("{closures}    g39()")));
    let mut tries = String::new();
    for depth in 1..60 {
        let indent = " ".repeat(depth);
        tries.push_str(&format!("{indent}try:\n{indent} os.mkdir(p)\n{indent} if p: return p\n"));
    }
    for depth in (1..60).rev() {
        let indent = " ".repeat(depth);
        tries.push_str(&format!("{indent}finally:\n{indent} os.remove(p)\n"));
    }
    texts.push(format!("import os\ndef f(p):\n{tries}"));
    // What is decided by all that was decided before would be twice as much at every step.
    let asked = (0..200).map(|at| format!("    if p == '{at}':\n        if not found: found = True\n"));
    let asked: String = asked.collect();
    texts.push(body(format!("    found = False\n{asked}    if not found: os.remove(p)\n")));
    let folded = "    ok = (ok or os.path.exists(p)) and (ok or b)\n".repeat(200);
    texts.push(body(format!("    ok = b = len(p) > 1\n{folded}    if ok: os.remove(p)\n")));
    let words = "    if p == a: words.append('a')\n    else: words = words + ['b']\n".repeat(200);
    texts.push(body(format!("    words = ['git', 'pull']\n{words}    subprocess.run(words)\n")));
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        for text in texts {
            let file =
                SourceFile { path: "a.py".to_owned(), text, language: LanguageId::Python, package: None };
            drop(fsrace_analyzer::lower(&file));
        }
    });
    worker.expect("a thread can be started").join().expect("nothing panics");
}

/// What is put together with itself again and again is twice as large each time: no value, place or condition may follow that.
#[test]
fn what_doubles_is_bounded() {
    const TIMES: usize = 80;
    let rust = |steps: &str| {
        format!("fn f(p: &str, b: bool) {{\n{}std::fs::remove_file(&p);\n}}\n", steps.repeat(TIMES))
    };
    let go = |steps: &str| {
        let imports = "import (\n\"fmt\"\n\"os\"\n\"path/filepath\"\n)\n";
        format!("package a\n{imports}func f(p string) {{\n{}os.Remove(p)\n}}\n", steps.repeat(TIMES))
    };
    let python = |step: &str| {
        format!(
            "import os\ndef g(a): return a + a\ndef f(p, b):\n{}    os.remove(p)\n",
            format!("    {step}\n").repeat(TIMES)
        )
    };
    let texts = [
        (LanguageId::Rust, rust("let p = format!(\"{p}{p}\");\n")),
        (LanguageId::Rust, rust("let p = std::path::Path::new(&p).join(&p).with_extension(p);\n")),
        (LanguageId::Rust, rust("let p = (p, p);\n")),
        (LanguageId::Rust, rust("let p = if b { Some(p).or(Some(p)).unwrap() } else { p };\n")),
        (LanguageId::Go, go("p = p + p\n")),
        (LanguageId::Go, go("p = filepath.Join(fmt.Sprintf(\"%s-%s\", p, p), p)\n")),
        (LanguageId::Python, python("p = p + p")),
        (LanguageId::Python, python("p = g(g(p))")),
        (LanguageId::Python, python("p = (p, p)")),
        (LanguageId::Python, python("p = {'a': p, 'b': [p, p]}")),
        (LanguageId::Python, python("p = os.path.join(p, p) if b else os.path.join(p, str(p))")),
        (LanguageId::Python, python("p = f'{p}{p}{b}'")),
        (LanguageId::Python, python("p = p + open(p).read(); p = p + p")),
    ];
    let worker = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
        for (language, text) in texts {
            let path = match language {
                LanguageId::Rust => "a.rs",
                LanguageId::Go => "a.go",
                LanguageId::Python => "a.py",
            };
            let path = path.to_owned();
            let file = SourceFile { path, text, language, package: None };
            let program = fsrace_analyzer::link(vec![fsrace_analyzer::lower(&file)]);
            drop(fsrace_rules::check(&program, &|_| true));
        }
    });
    worker.expect("a thread can be started").join().expect("nothing panics");
}
