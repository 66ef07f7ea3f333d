//! The disk of the database is full.

use std::{ffi::CString, io::Write, path::Path};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use tempfile::TempDir;

use super::{expect_unavailable, healed};
use crate::support::{Cluster, Database, PASSWORD, Server, ServerBuilder};

/// A small file system, which is unmounted when the value is dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(megabytes: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let room = CString::new(format!("size={megabytes}m,mode=777")).unwrap();
        let flags = MountFlags::empty();
        mount("tmpfs", folder.path(), "tmpfs", flags, room.as_c_str())
            .expect("this user may not mount a file system: run the tests by scripts/with-mounts");
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills the disk, until the returned file is dropped.
    fn fill(&self) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new_in(self.path()).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
        file
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _refused = unmount(self.path(), UnmountFlags::DETACH);
    }
}

/// Signs users up until a sign-up fails for lack of space.
async fn sign_up_until_full(server: &Server) {
    // More than fits into allocated pages.
    for number in 0..2000 {
        let email = format!("{number}@example.com");
        let body = serde_json::json!({ "email": email, "password": PASSWORD });
        let answer = server.post("/signup/email-password", &body).await;
        if answer.status != 200 {
            return expect_unavailable(&answer);
        }
    }
    panic!("there was room for everybody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_below_sqlite_is_a_503_until_there_is_room() {
    let disk = SmallDisk::mount(8);
    let database = Database::sqlite();
    let path = disk.path().join("auth.db").display().to_string();
    let builder = ServerBuilder::new(&database).set("AUTH_SQLITE_PATH", &path);
    let server = builder.start().await;
    let ada = server.sign_up("ada@example.com").await;

    let filler = disk.fill();
    sign_up_until_full(&server).await;
    let token = ada["accessToken"].as_str().unwrap();
    server.get_as(token, "/user").await.expect(200);

    drop(filler);
    healed(&server, "ada@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_below_postgres_is_a_503_until_there_is_room() {
    let disk = SmallDisk::mount(120);
    let cluster = Cluster::start_below(disk.path()).await;
    let server = ServerBuilder::new(&cluster.database()).start().await;
    let ada = server.sign_up("ada@example.com").await;

    let filler = disk.fill();
    sign_up_until_full(&server).await;
    let token = ada["accessToken"].as_str().unwrap();
    server.get_as(token, "/user").await.expect(200);

    drop(filler);
    healed(&server, "ada@example.com").await;
    drop(cluster);
}
