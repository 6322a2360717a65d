// Statuses of C: what comparing them tells, and errno.

fn made() -> std::io::Result<()> {
    if unsafe { libc::mkdir(c"/var/cache/app".as_ptr(), 0o755) } < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

fn asked() -> bool {
    let there = unsafe { libc::access(c"/var/cache/app".as_ptr(), libc::F_OK) };
    there == 0
}

fn opened() -> std::io::Result<i32> {
    let fd = unsafe { libc::open(c"/var/cache/app/state".as_ptr(), libc::O_RDONLY) };
    if fd == -1 {
        let error = std::io::Error::last_os_error();
        if error.kind() == std::io::ErrorKind::NotFound {
            return Ok(0);
        }
        return Err(error);
    }
    Ok(fd)
}

fn run(tool: &std::path::Path) -> std::io::Result<()> {
    std::process::Command::new(tool).arg("--version").status()?;
    std::process::Command::new("tool").arg("--version").status()?;
    Ok(())
}

fn opened_to_all(folder: &std::path::Path) {
    unsafe { libc::chmod(c"/var/lib/app/drop".as_ptr(), 0o777) };
    unsafe { libc::chmod(c"/var/lib/app/drop".as_ptr(), 0o1777) };
}
