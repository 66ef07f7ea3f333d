//! How soon TCP notices that the other host is gone.
//!
//! Left to itself, Linux waits two hours on a connection that rests and a quarter of an hour on one
//! with something unacknowledged. Servers that are moved to another host, and firewalls that forget
//! a connection, close nothing: what is set here is how long that goes unnoticed.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// What is asked of the sockets to a server. The defaults notice a dead host within 20 seconds
/// while nothing is asked, and within ten when something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tcp {
    /// How long what was sent may stay unacknowledged; `None` is the system's default.
    pub(crate) user_timeout: Option<Duration>,
    /// Whether a connection that rests is probed.
    pub(crate) keepalives: bool,
    /// How long it rests before it is probed.
    pub(crate) idle: Duration,
    /// How long apart the probes are.
    pub(crate) interval: Duration,
    /// How many of them may stay unanswered.
    pub(crate) retries: u32,
}

impl Default for Tcp {
    fn default() -> Self {
        Self {
            user_timeout: Some(Duration::from_secs(10)),
            keepalives: true,
            idle: Duration::from_secs(10),
            interval: Duration::from_secs(5),
            retries: 2,
        }
    }
}

impl Tcp {
    /// Sets it up on a socket, as far as the operating system knows it.
    pub(crate) fn apply(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let socket = SockRef::from(stream);
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(self.user_timeout)?;
        if self.keepalives {
            let probes = TcpKeepalive::new()
                .with_time(self.idle)
                .with_interval(self.interval);
            #[cfg(unix)]
            let probes = probes.with_retries(self.retries);
            socket.set_tcp_keepalive(&probes)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn connected() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        TcpStream::connect(address).await.unwrap()
    }

    #[tokio::test]
    async fn a_dead_host_is_noticed_by_default() {
        let stream = connected().await;

        Tcp::default().apply(&stream).unwrap();

        let socket = SockRef::from(&stream);
        let ten = Duration::from_secs(10);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(ten));
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), ten);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), ten / 2);
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 2);
    }

    #[tokio::test]
    async fn what_is_switched_off_stays_off() {
        let stream = connected().await;
        let off = Tcp {
            user_timeout: None,
            keepalives: false,
            ..Tcp::default()
        };

        off.apply(&stream).unwrap();

        let socket = SockRef::from(&stream);
        assert_eq!(socket.tcp_user_timeout().unwrap(), None);
        assert!(!socket.keepalive().unwrap());
    }
}
