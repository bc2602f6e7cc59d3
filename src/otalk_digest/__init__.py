"""An e-mail digest for communities that announce chats on a blog and write them up afterwards."""
