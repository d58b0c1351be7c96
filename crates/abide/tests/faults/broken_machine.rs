//! A machine that can be broken: a small library between the program and the system (`broken_machine.c`), steered
//! through a file. It works on any Linux with a C compiler, without rights.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What can be read from and written into the plan, by place.
#[derive(Clone, Copy)]
enum Place {
    Writes = 0,
    FailFrom = 1,
    FailCount = 2,
    Failed = 3,
    ClockOffset = 4,
    NamesDead = 5,
    Names = 6,
    Which = 7,
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// Writes find no room.
    Writes = 1,
    /// Syncs are answered with an error.
    Syncs = 2,
}

/// The machine of one house.
pub struct BrokenMachine {
    plan: std::fs::File,
    path: PathBuf,
    folder: PathBuf,
}

impl BrokenMachine {
    /// Breaks what happens below `folder`; the plan lies beside it.
    pub fn below(folder: &Path) -> Self {
        let path = folder.with_extension("plan");
        let plan = std::fs::File::options().create(true).truncate(true).read(true).write(true).open(&path).unwrap();
        plan.write_all_at(&[0; 64], 0).unwrap();
        Self { plan, path, folder: folder.to_owned() }
    }

    /// Lets a program run on this machine.
    pub fn carries(&self, command: &mut Command) {
        command.env("LD_PRELOAD", library());
        command.env("BROKEN_MACHINE_PLAN", &self.path).env("BROKEN_MACHINE_FOLDER", &self.folder);
    }

    /// Counts from 0 anew; the writes or syncs `from` and the `count - 1` after it fail.
    pub fn fail(&self, what: Breaks, from: i64, count: i64) {
        self.set(Place::Which, 0);
        for (place, value) in
            [(Place::Writes, 0), (Place::Failed, 0), (Place::FailFrom, from), (Place::FailCount, count)]
        {
            self.set(place, value);
        }
        self.set(Place::Which, what as i64);
    }

    /// Everything works again.
    pub fn mend(&self) {
        self.set(Place::FailFrom, 0);
    }

    /// How many writes or syncs failed since [`Self::fail`].
    pub fn failed(&self) -> i64 {
        self.get(Place::Failed)
    }

    /// The clock is wrong by so many seconds.
    pub fn clock_off_by(&self, seconds: i64) {
        self.set(Place::ClockOffset, seconds);
    }

    /// No name can be looked up any more.
    pub fn names_are_dead(&self) {
        self.set(Place::NamesDead, 1);
    }

    /// How many names the program looked up.
    pub fn names_looked_up(&self) -> i64 {
        self.get(Place::Names)
    }

    fn set(&self, place: Place, value: i64) {
        self.plan.write_all_at(&value.to_ne_bytes(), 8 * place as u64).unwrap();
    }

    fn get(&self, place: Place) -> i64 {
        let mut bytes = [0; 8];
        self.plan.read_exact_at(&mut bytes, 8 * place as u64).unwrap();
        i64::from_ne_bytes(bytes)
    }
}

/// The library, built once for all tests.
fn library() -> &'static Path {
    static BUILT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, library) = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("broken_machine.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/broken_machine.c");
        let built =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl").output();
        let built = built.expect("no C compiler `cc`; scripts/test installs one");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        (folder, library)
    });
    library
}
