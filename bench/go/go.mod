module example.com/gogym/bench

go 1.23

require example.com/gogym v0.0.0

replace example.com/gogym => ../../go
