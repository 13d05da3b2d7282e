module example.com/mirrorwatch/netem

go 1.19
