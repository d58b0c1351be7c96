//! Law 1 by tracing: what the program wrote to files and sockets, in the order in which the kernel saw it, and
//! whether each acknowledgement came after its commit was on stable storage. The order is that of the trace's own
//! lines, not of clocks.

mod call;
mod durability;

use std::path::Path;
use std::process::Command;

pub use call::{Call, parse};
pub use durability::{Acknowledgement, Door, Engine, acknowledgements, undurable};

use crate::{Fault, fault};

/// The calls by which bytes come, go and become durable, and by which a log is taken away.
const CALLS: &str = "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync,\
                     ftruncate,unlink,unlinkat,exit_group";

/// strace before a command, writing to `file`. Where strace can't be used, the fault says what to do.
pub fn strace(file: &Path) -> Result<Command, Fault> {
    let probe = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    match probe {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            return Err(fault(format!(
                "strace may not trace here: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            )));
        }
        Err(_) => return Err(fault("strace is needed for this proof (Debian: apt-get install strace)")),
    }
    let mut command = Command::new("strace");
    // -D: the traced program is our own child, and strace stands aside, so that signals and exit codes are the
    // program's. Strings long enough for a small mail's end; signals would only stand between.
    command.args(["-D", "-f", "-yy", "-s", "8192", "-e", CALLS, "-e", "signal=none", "-o"]).arg(file);
    Ok(command)
}
